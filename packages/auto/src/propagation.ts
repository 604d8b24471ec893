import { processWide } from '@ferretjs/core/adapter';

/** `undefined`: every host. Shared by both builds, as each may have been the one that was asked. */
const state = processWide('auto.propagation', (): { to: readonly (string | RegExp)[] | undefined } => ({
  to: undefined,
}));

/** Limits the hosts that trace context is sent to; see the option `propagateTo`. */
export function propagateOnlyTo(hosts: readonly (string | RegExp)[]): void {
  state.to = [...hosts];
}

/**
 * Whether trace context is sent to a URL.
 *
 * @param host with the port, if it has one: `api.example.com:8443`
 * @param url without its query
 */
export function isPropagatedTo(host: string, url: () => string): boolean {
  return state.to === undefined || state.to.some((rule) => fits(rule, host.toLowerCase(), url));
}

function fits(rule: string | RegExp, host: string, url: () => string): boolean {
  if (typeof rule !== 'string') {
    rule.lastIndex = 0;
    return rule.test(url());
  }
  const wanted = rule.toLowerCase();
  const name = host.replace(/:\d+$/, '');
  if (wanted.startsWith('.')) return name.endsWith(wanted);
  return wanted === host || wanted === name;
}
