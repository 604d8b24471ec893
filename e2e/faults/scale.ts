/** `npm run test:soak`: every case at its full length. Else the slow ones run at a tenth of it. */
export const isSoak = Boolean(process.env['FERRET_SOAK']);

const scale = isSoak ? 1 : 0.1;

/** So many at full length: rows, requests, seconds. */
export function scaled(full: number): number {
  return Math.ceil(full * scale);
}

/** For tests of volumes, and for those that take their time: `it(title, { timeout: LONG_MILLIS }, ...)`. */
export const LONG_MILLIS = isSoak ? 2 * 3_600_000 : 600_000;
