export async function* asIterable<T>(...items: T[]): AsyncGenerator<T> {
  yield* items;
}

export async function textOf(pieces: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const piece of pieces) text += piece;
  return text;
}
