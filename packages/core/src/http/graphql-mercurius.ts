import { describeOperation, hideDocument, operationOf, reportErrors } from './graphql.js';
import { safely } from './safely.js';

interface Context {
  readonly reply?: { readonly request?: { readonly body?: unknown; readonly query?: unknown } };
}

interface Execution {
  readonly data?: unknown;
  readonly errors?: readonly unknown[] | undefined;
}

/** The part that Mercurius adds to a Fastify application: https://mercurius.dev/#/docs/hooks. */
interface MercuriusApp {
  readonly graphql?: {
    addHook(
      name: 'preParsing' | 'preExecution',
      hook: (schema: unknown, sourceOrDocument: unknown, context: Context) => Promise<void>,
    ): void;
    addHook(name: 'onResolution', hook: (execution: Execution, context: Context) => Promise<void>): void;
  };
}

/** The hook of Nest's Mercurius driver, which registers it as a plugin of Fastify. */
export interface MercuriusPlugin {
  /** A plugin of Fastify, to be registered after Mercurius. The `plugins` list of Nest's Mercurius driver takes it. */
  plugin(app: object): Promise<void>;
}

export const mercuriusPlugin: MercuriusPlugin = {
  async plugin(app) {
    const { graphql } = app as MercuriusApp;
    graphql?.addHook('preParsing', async (_schema, _source, context) => {
      safely(() => hideDocument(context));
    });
    graphql?.addHook('preExecution', async (_schema, document, context) => {
      safely(() => describeOperation(context, operationOf(document, operationNameOf(context))));
    });
    graphql?.addHook('onResolution', async (execution, context) => {
      safely(() => reportErrors(context, execution.errors, execution.data));
    });
  },
};

/**
 * Reads the operation's name from the request: Mercurius does not tell its hooks which operation of a document it runs.
 */
function operationNameOf({ reply }: Context): unknown {
  const { body, query } = reply?.request ?? {};
  return ((body ?? query) as { readonly operationName?: unknown } | null | undefined)?.operationName;
}
