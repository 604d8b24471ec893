import type { SpanData } from '../trace/recording-span.js';

/** Asked for every few seconds by orchestrators and by Prometheus, and of interest when they fail or are slow. */
const HEALTH_CHECKS: ReadonlySet<unknown> = new Set(['/health', '/metrics']);
const FAST_NANOS = 100_000_000;

/**
 * What a health check found, whether a route or a middleware answered it: `fine` if quickly and with 2xx, `failed` if with an error
 * or not at all. `undefined` for what lies between, and for any other request.
 */
export function healthOf(root: SpanData): 'fine' | 'failed' | undefined {
  if (root.kind !== 'server' || !HEALTH_CHECKS.has(root.httpRoute ?? root.values['url.path'])) return undefined;
  const { httpStatusCode: status, durationNanos } = root;
  if (status === undefined || status >= 400) return 'failed';
  return status >= 200 && status < 300 && durationNanos < FAST_NANOS ? 'fine' : undefined;
}
