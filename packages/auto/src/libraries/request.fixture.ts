import { createFerret } from '@ferretjs/core';
import { MemorySink } from '@ferretjs/core/testing';

/** A span below the request, as it is stored. */
export interface Below {
  readonly name: string;
  readonly outcome: string;
  readonly errorType: string | undefined;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** Does work below one request, and returns the spans that it has left, in the order of their ends. */
export async function below(work: () => unknown): Promise<readonly Below[]> {
  const sink = new MemorySink();
  const ferret = createFerret({ sink, shutdownHooks: false });
  await ferret.measure('request', async () => {
    await work();
  });
  await ferret.close();
  return sink.spans
    .filter(({ name }) => name !== 'request')
    .map(({ name, outcome, errorType, attributes }) => ({ name, outcome, errorType, attributes }));
}
