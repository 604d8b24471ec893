const PACKAGE = '@ferretjs/auto';
const OPTION = /^(?:--import|--require|-r)$/;

/**
 * Whether Node was told to load this package before the application: `node --import @ferretjs/auto app.js`, the same
 * with `--require`, or either in `NODE_OPTIONS`.
 */
export function isPreloaded(execArgv: readonly string[], nodeOptions = ''): boolean {
  const words = [...execArgv, ...nodeOptions.replaceAll('"', '').split(/\s+/)];
  return words.some((word, index) => {
    const [option = '', value] = word.split('=', 2);
    if (value !== undefined) return value === PACKAGE && OPTION.test(option);
    return word === PACKAGE && OPTION.test(words[index - 1] ?? '');
  });
}
