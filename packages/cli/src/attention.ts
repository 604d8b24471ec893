/** A command has done its work and said all there is to say, and what it found is bad: only the exit code is left to tell. */
export class AttentionError extends Error {
  override readonly name = 'AttentionError';
}
