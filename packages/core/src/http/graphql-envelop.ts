import { contextFailed, describeOperation, hideDocument, operationOf, reportErrors } from './graphql.js';
import { safely } from './safely.js';

/** The part of an operation that Ferret reads. */
interface Operation {
  readonly args: { readonly contextValue?: unknown; readonly document?: unknown; readonly operationName?: unknown };
}
interface OperationResult extends Operation {
  readonly result: unknown;
}

interface Result {
  readonly data?: unknown;
  readonly errors?: readonly unknown[] | undefined;
  /** Deferred parts, in results after the first. */
  readonly incremental?: readonly Result[] | undefined;
}

/** Receives later results: the events of a subscription, the deferred parts of a query. */
interface ResultListener {
  onNext(payload: OperationResult): void;
}

/** A plugin of Envelop, the base of Yoga: https://the-guild.dev/graphql/envelop/docs/plugins/lifecycle. */
export interface EnvelopPlugin {
  onPluginInit(payload: {
    registerContextErrorHandler?(
      handler: (failure: { readonly error: unknown; readonly context: unknown }) => void,
    ): void;
  }): void;
  onParse(payload: { readonly context: unknown }): void;
  onExecute(payload: Operation): { onExecuteDone(payload: OperationResult): ResultListener | undefined };
  onSubscribe(payload: Operation): { onSubscribeResult(payload: OperationResult): ResultListener | undefined };
}

export const envelopPlugin: EnvelopPlugin = {
  onPluginInit({ registerContextErrorHandler }) {
    registerContextErrorHandler?.(({ error, context }) => {
      safely(() => contextFailed(context, error));
    });
  },
  onParse({ context }) {
    safely(() => hideDocument(context));
  },
  onExecute(payload) {
    begin(payload);
    return { onExecuteDone: end };
  },
  onSubscribe(payload) {
    begin(payload);
    return { onSubscribeResult: end };
  },
};

function begin({ args }: Operation): void {
  safely(() => describeOperation(args.contextValue, operationOf(args.document, args.operationName)));
}

function end({ args, result }: OperationResult): ResultListener | undefined {
  return safely(() => {
    if (Symbol.asyncIterator in (result as object)) return { onNext };
    const { errors, data } = result as Result;
    reportErrors(args.contextValue, errors, data);
    return undefined;
  });
}

function onNext({ args, result }: OperationResult): void {
  safely(() => {
    const { errors, data, incremental = [] } = result as Result;
    reportErrors(args.contextValue, errors, data);
    // The client already has the data before the deferred parts.
    for (const part of incremental) reportErrors(args.contextValue, part.errors, {});
  });
}
