import type { GraphqlOperation } from './graphql.js';
import { contextFailed, describeOperation, graphqlSpanOf, hideDocument, isDescribed, reportErrors } from './graphql.js';
import { safely } from './safely.js';

/** The part of `GraphQLRequestContext` (Apollo Server 4 and 5) that Ferret reads. */
interface ApolloContext {
  readonly request: { readonly http?: unknown };
  readonly contextValue: unknown;
  readonly operation?: GraphqlOperation | undefined;
  readonly errors?: readonly unknown[] | undefined;
  readonly response: { readonly body?: unknown };
}

/** The part of `GraphQLRequestListener` that Ferret implements. */
interface ApolloListener {
  didResolveOperation(context: ApolloContext): Promise<void>;
  willSendResponse(context: ApolloContext): Promise<void>;
  didEncounterSubsequentErrors(context: ApolloContext, errors: readonly unknown[]): Promise<void>;
}

/** `ApolloServerPlugin`: https://www.apollographql.com/docs/apollo-server/integrations/plugins. */
export interface ApolloPlugin {
  requestDidStart(context: ApolloContext): Promise<ApolloListener | undefined>;
  contextCreationDidFail(failure: { readonly error: Error }): Promise<void>;
}

const LISTENER: ApolloListener = {
  async didResolveOperation(context) {
    safely(() => describeOperation(context.contextValue, context.operation));
  },
  async willSendResponse(context) {
    safely(() => reportErrors(context.contextValue, context.errors, dataOf(context.response.body)));
  },
  async didEncounterSubsequentErrors(context, errors) {
    // A deferred part has failed. The client already has the data before it, so the request has not failed.
    safely(() => reportErrors(context.contextValue, errors, {}));
  },
};

export const apolloPlugin: ApolloPlugin = {
  async requestDidStart(context) {
    safely(() => hideDocument(context.contextValue));
    return safely(() => isWithinAnother(context)) ? undefined : LISTENER;
  },
  async contextCreationDidFail({ error }) {
    safely(() => contextFailed(undefined, error));
  },
};

/**
 * Whether a resolver runs this operation within its own request (`executeOperation`). The client did not ask for it.
 */
function isWithinAnother({ request, contextValue }: ApolloContext): boolean {
  if (request.http !== undefined) return false;
  const span = graphqlSpanOf(contextValue);
  return span !== undefined && isDescribed(span);
}

interface Body {
  readonly singleResult?: { readonly data?: unknown };
  readonly initialResult?: { readonly data?: unknown };
}

function dataOf(body: unknown): unknown {
  const { singleResult, initialResult } = (body ?? {}) as Body;
  return (singleResult ?? initialResult)?.data;
}
