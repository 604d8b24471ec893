import { type Baggage, type BaggageEntry, baggageEntryMetadataFromString, propagation } from '@opentelemetry/api';

/** Bounds of W3C Baggage, section 3.3.2, and OpenTelemetry's for one pair. */
const MAX_PAIRS = 180;
const MAX_PAIR_LENGTH = 4_096;
const MAX_LENGTH = 8_192;

/** Characters at which Node refuses to send a header, and with it the request. */
const NOT_OF_A_HEADER = /[^\t\x20-\x7e\x80-\xff]/;

/** Writes the header `baggage` (https://www.w3.org/TR/baggage/). Pairs beyond its bounds are left out. */
export function serializeBaggage(baggage: Baggage): string {
  let header = '';
  for (const [key, { value, metadata }] of baggage.getAllEntries().slice(0, MAX_PAIRS)) {
    const told = metadata === undefined ? '' : String(metadata);
    const properties = told === '' || NOT_OF_A_HEADER.test(told) ? '' : `;${told}`;
    // `encodeURIComponent` throws at half a surrogate pair.
    const [name, text] = [key, String(value)].map((each) => encodeURIComponent(each.toWellFormed()));
    const pair = `${name}=${text}${properties}`;
    const next = header === '' ? pair : `${header},${pair}`;
    if (pair.length <= MAX_PAIR_LENGTH && next.length <= MAX_LENGTH) header = next;
  }
  return header;
}

/** Reads the header `baggage`. Pairs that are none are left out; `undefined` where none is left. */
export function parseBaggage(header: string | undefined): Baggage | undefined {
  if (typeof header !== 'string' || header.length > 2 * MAX_LENGTH) return undefined;
  const entries: Record<string, BaggageEntry> = {};
  for (const part of header.split(',').slice(0, MAX_PAIRS)) {
    const [pair = '', ...properties] = part.split(';');
    const equals = pair.indexOf('=');
    if (equals <= 0 || part.length > MAX_PAIR_LENGTH) continue;
    try {
      const key = decodeURIComponent(pair.slice(0, equals).trim());
      const value = decodeURIComponent(pair.slice(equals + 1).trim());
      if (key === '' || key === '__proto__') continue;
      const metadata = properties.join(';').trim();
      entries[key] = metadata === '' ? { value } : { value, metadata: baggageEntryMetadataFromString(metadata) };
    } catch {
      // The pair is not percent-encoded.
    }
  }
  return Object.keys(entries).length === 0 ? undefined : propagation.createBaggage(entries);
}
