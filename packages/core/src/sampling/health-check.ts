import type { SpanData } from '../trace/span-data.js';

/**
 * Paths that orchestrators and Prometheus request every few seconds. Such requests matter only if they fail or are
 * slow.
 */
const HEALTH_CHECKS: ReadonlySet<unknown> = new Set(['/health', '/metrics']);
const FAST_NANOS = 100_000_000;

/** A request that takes longer is not a fast health check. */
export const FAST_MILLIS = FAST_NANOS / 1e6;

/** Whether a request may be a health check. Frameworks ignore case and a slash at the end. */
export function mayBeHealthCheck(root: SpanData): boolean {
  const { path } = root;
  return typeof path === 'string' && HEALTH_CHECKS.has(path.toLowerCase().replace(/\/$/, ''));
}

/**
 * Returns the result of a health check, whether a route or a middleware answered it: `fine` for a fast 2xx, `failed`
 * for 5xx, `refused` for 4xx or no response. Returns `undefined` for any other result, and for any other request.
 */
export function healthOf(root: SpanData): 'fine' | 'failed' | 'refused' | undefined {
  if (root.kind !== 'server' || !HEALTH_CHECKS.has(root.httpRoute ?? root.path)) return undefined;
  const { httpStatusCode: status, durationNanos } = root;
  if (status === undefined || status >= 400) return status !== undefined && status >= 500 ? 'failed' : 'refused';
  return status >= 200 && status < 300 && durationNanos < FAST_NANOS ? 'fine' : undefined;
}
