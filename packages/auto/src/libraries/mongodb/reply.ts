/** BSON's numbers of its types. */
const OBJECT = 3;
const ARRAY = 4;

/** A reply that the driver reads field by field (from 6.7), and a part of one. */
interface LazyDocument {
  get(name: string | number, type: number): LazyDocument | null;
  getNumber(name: string): number | null;
}

interface Reply {
  readonly writeErrors?: readonly { readonly code?: unknown }[];
  readonly writeConcernError?: { readonly code?: unknown };
}

/** The code of the first error of a write, in a reply that says `ok` nevertheless: `11000`. Never throws. */
export function codeIn(reply: unknown): string | undefined {
  if (typeof reply !== 'object' || reply === null) return undefined;
  try {
    const code = isLazy(reply) ? lazyCodeIn(reply) : plainCodeIn(reply);
    return typeof code === 'number' ? String(code) : undefined;
  } catch {
    return undefined;
  }
}

function plainCodeIn({ writeErrors, writeConcernError }: Reply): unknown {
  return writeErrors?.[0]?.code ?? writeConcernError?.code;
}

function lazyCodeIn(reply: LazyDocument): unknown {
  const first = reply.get('writeErrors', ARRAY)?.get(0, OBJECT);
  return (first ?? reply.get('writeConcernError', OBJECT))?.getNumber('code');
}

function isLazy(reply: object): reply is LazyDocument {
  const { get, getNumber } = reply as Partial<LazyDocument>;
  return typeof get === 'function' && typeof getNumber === 'function';
}
