import type { Stack } from './stack.js';
import type { StoredSpan } from './stored-spans.js';

/** The facts of a request that decide its span (OpenTelemetry, HTTP server spans). */
export interface Expected {
  readonly method?: string;
  /** With its query. */
  readonly target: string;
  /** The template; absent where no route matches. */
  readonly route?: string;
  /** The handler it goes to, for frameworks that say so; absent where it goes to none. */
  readonly handler?: string;
  /** Absent where no status was sent. */
  readonly status?: number;
  readonly outcome?: 'ok' | 'error' | 'aborted';
  readonly errorType?: string;
  /** Class and message of what was thrown. */
  readonly exception?: readonly [type: string, message: string];
  readonly parent?: string;
  /** The protocol that the connection went on to. */
  readonly upgradedTo?: 'websocket';
  readonly attributes?: Record<string, unknown>;
}

export function serverSpan(stack: Stack, expected: Expected): StoredSpan {
  const { method = 'GET', target, route, handler, status, outcome = 'ok', errorType, exception } = expected;
  const { upgradedTo, attributes } = expected;
  const [path = '', query] = target.split('?');
  return {
    parent: expected.parent ?? null,
    name: [method, route, upgradedTo && `(${upgradedTo})`].filter((word) => word !== undefined).join(' '),
    kind: 'server',
    outcome,
    error_type: errorType ?? null,
    http_method: method,
    http_route: route ?? null,
    http_status_code: status ?? null,
    attributes: present({
      'http.request.method': method,
      'http.route': route,
      'http.response.status_code': status,
      'error.type': errorType,
      'url.path': path,
      'url.query': query,
      'url.scheme': 'http',
      'server.address': 'contract.test',
      'server.port': 80,
      'network.protocol.version': '1.1',
      'user_agent.original': 'contract',
      'code.function.name': stack.namesHandlers ? handler : undefined,
      'exception.type': exception?.[0],
      'exception.message': exception?.[1],
      hasStack: exception === undefined ? undefined : true,
      ...attributes,
    }),
  };
}

export function childSpan(name: string, parent: string): StoredSpan {
  return {
    parent,
    name,
    kind: 'internal',
    outcome: 'ok',
    error_type: null,
    http_method: null,
    http_route: null,
    http_status_code: null,
    attributes: {},
  };
}

function present(attributes: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined));
}
