/**
 * The part of an error in a GraphQL result that Ferret reads: graphql-js's class, or the formatted object for clients.
 */
interface GraphqlError {
  readonly message?: unknown;
  readonly path?: unknown;
  readonly locations?: unknown;
  readonly originalError?: unknown;
  readonly extensions?: { readonly code?: unknown; readonly status?: unknown; readonly http?: unknown };
}

/** The outcome of the errors of one result. */
export interface GraphqlFailure {
  /** The exception that the resolver threw, without the wrappers of GraphQL. */
  readonly error: unknown;
  readonly isClients: boolean;
  /** Only the formatted error for clients is known, not the exception. */
  readonly isFormatted: boolean;
}

/**
 * Values of `extensions.code` that blame the client: those of Apollo Server, and HTTP's names for 4xx that applications
 * use.
 */
const CLIENT_CODES = new Set([
  'BAD_REQUEST',
  'BAD_USER_INPUT',
  'CONFLICT',
  'FORBIDDEN',
  'GONE',
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'NOT_FOUND',
  'OPERATION_RESOLUTION_FAILURE',
  'PAYLOAD_TOO_LARGE',
  'PERSISTED_QUERY_NOT_FOUND',
  'PERSISTED_QUERY_NOT_SUPPORTED',
  'RATE_LIMITED',
  'TOO_MANY_REQUESTS',
  'UNAUTHENTICATED',
  'UNAUTHORIZED',
  'UNPROCESSABLE_ENTITY',
  'VALIDATION_ERROR',
]);

/** Errors that are inspected in one result: a list of a million items may have as many errors. */
const MAX_ERRORS = 100;
const MAX_WRAPPERS = 10;

/**
 * Returns the error of a result to keep: the first error of the server, otherwise the first error of the client that a
 * resolver threw. Errors that GraphQL itself finds in a request (syntax, validation, variables) are not kept, because
 * their messages quote the request.
 */
export function failureOf(errors: readonly unknown[]): GraphqlFailure | undefined {
  let clients: GraphqlFailure | undefined;
  for (let index = 0; index < errors.length && index < MAX_ERRORS; index++) {
    const chain = unwrap(errors[index]);
    if (isAboutRequest(chain)) continue;
    const failure = judge(chain);
    if (!failure.isClients) return failure;
    clients ??= failure;
  }
  return clients;
}

/** The failure of one exception that a resolver threw. */
export function failureBy(exception: unknown): GraphqlFailure {
  return judge(unwrap(exception));
}

function judge(chain: readonly unknown[]): GraphqlFailure {
  const error = chain.at(-1);
  const isFormatted = isObject(error) && !(error instanceof Error) && 'message' in error;
  return { error: isFormatted ? readable(error) : error, isClients: isClients(chain), isFormatted };
}

/** The error and the errors it wraps, down to the exception that a resolver threw. */
function unwrap(error: unknown): readonly unknown[] {
  const chain = [error];
  for (let inner = error; chain.length < MAX_WRAPPERS; chain.push(inner)) {
    inner = isObject(inner) ? (inner as GraphqlError).originalError : undefined;
    if (inner === undefined || inner === null) break;
  }
  return chain;
}

/**
 * Whether GraphQL found the error before any resolver ran: the error has no path, and either has a location in the
 * document or wraps no foreign exception.
 */
function isAboutRequest(chain: readonly unknown[]): boolean {
  const [outer, inner] = [chain[0], chain.at(-1)];
  if (!isObject(outer) || hasValue(outer, 'path') || codeOf(outer) === 'INTERNAL_SERVER_ERROR') return false;
  return chain.some((error) => hasValue(error, 'locations')) || !(inner instanceof Error) || 'locations' in inner;
}

/**
 * Whether an error is the client's: its code blames the client, or its status is below 500, as with HTTP exceptions.
 */
function isClients(chain: readonly unknown[]): boolean {
  for (const error of chain) {
    const code = codeOf(error);
    if (code === 'INTERNAL_SERVER_ERROR') return false;
    if (typeof code === 'string' && CLIENT_CODES.has(code.toUpperCase())) return true;
    const status = statusOf(error);
    if (status !== undefined) return status < 500;
  }
  return false;
}

function codeOf(error: unknown): unknown {
  return isObject(error) ? (error as GraphqlError).extensions?.code : undefined;
}

/**
 * The status in GraphQL's extensions (`http.status` in Apollo and Yoga), or in an exception of Nest, Koa or
 * `http-errors`.
 */
function statusOf(error: unknown): number | undefined {
  if (!isObject(error)) return undefined;
  const { extensions, status, statusCode } = error as GraphqlError & { status?: unknown; statusCode?: unknown };
  const http = extensions?.http as { readonly status?: unknown } | null | undefined;
  for (const value of [http?.status, extensions?.status, extensions?.code, status, statusCode]) {
    const number = typeof value === 'string' ? Number(value) : value;
    // Mercurius sets 200 on its `ErrorWithProps` if the application has set no status.
    if (typeof number === 'number' && number >= 400 && number < 600) return number;
  }
  return undefined;
}

/** Formatted errors are plain objects, which may hold anything beside the message: only the message is kept. */
function readable({ message }: GraphqlError): Error {
  return Object.defineProperties(new Error(String(message)), {
    name: { value: 'GraphQLError' },
    stack: { value: undefined },
  });
}

function hasValue(error: unknown, key: 'path' | 'locations'): boolean {
  return isObject(error) && (error as GraphqlError)[key] !== undefined && (error as GraphqlError)[key] !== null;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
