/** Characters that are collected before they are written: a write for each span would cost more than the span. */
const CHUNK_LENGTH = 65_536;

/** Writes pieces in larger chunks, each once the output has taken the one before. Stops where it is told to. */
export async function writePieces(
  pieces: AsyncIterable<string>,
  write: (text: string) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  let chunk: string[] = [];
  let length = 0;
  for await (const piece of pieces) {
    signal.throwIfAborted();
    chunk.push(piece);
    length += piece.length;
    if (length >= CHUNK_LENGTH) {
      await write(chunk.join(''));
      chunk = [];
      length = 0;
    }
  }
  signal.throwIfAborted();
  await write(chunk.join(''));
}
