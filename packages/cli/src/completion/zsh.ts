import { type CompletableCommand, type CompletableOption, quoted } from './model.js';

/** A script for zsh: to be sourced, or kept as _ferret in a directory of $fpath. */
export function zshScript(commands: readonly CompletableCommand[], options: readonly CompletableOption[]): string {
  return `#compdef ferret
# Completion of ferret for zsh: source <(ferret completion zsh)
_ferret() {
  local curcontext="$curcontext" state line
  _arguments -C ${options.map(toSpec).join(' ')} '1: :->command' '*:: :->rest'
  case "$state" in
    command)
      local -a commands=(
${commands.map(({ name, summary }) => `        ${quoted(`${name}:${summary}`)}`).join('\n')}
      )
      _describe command commands ;;
    rest)
      case "$words[1]" in
${commands.map(toCase).join('\n')}
      esac ;;
  esac
}
if [[ "$funcstack[1]" = _ferret ]]; then _ferret "$@"; else compdef _ferret ferret; fi
`;
}

function toCase({ name, options, arguments: args }: CompletableCommand): string {
  const positions = args.map(({ choices }, at) =>
    quoted(`${at + 1}: :${choices.length > 0 ? `(${choices.join(' ')})` : '_files'}`),
  );
  return `        ${name}) _arguments ${[...options.map(toSpec), ...positions].join(' ')} ;;`;
}

function toSpec({ flags, description, takesValue, choices, isPath }: CompletableOption): string {
  const text = description.replaceAll(/[[\]:\\]/g, '\\$&');
  const values = choices.length > 0 ? `(${choices.join(' ')})` : isPath ? '_files' : ' ';
  const value = takesValue ? `:value:${values}` : '';
  return flags.map((flag) => quoted(`*${flag}[${text}]${value}`)).join(' ');
}
