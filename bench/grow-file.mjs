import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const PROCESS = fileURLToPath(new URL('writer-process.mjs', import.meta.url));

/** Grows a file by `sizes` spans in a process of its own, and yields what each stretch took. */
export async function* growFile({ file, sizes, routes = 1 }) {
  const child = fork(PROCESS, { env: { ...process.env, FILE: file, SIZES: sizes.join(','), ROUTES: routes } });
  const closed = once(child, 'close');
  const answers = [];
  let wake = () => {};
  child.on('message', (answer) => {
    answers.push(answer);
    wake();
  });
  void closed.then(() => wake());
  for (const _ of sizes) {
    if (answers.length === 0) await new Promise((resolve) => (wake = resolve));
    if (answers.length === 0) throw new Error('the writer ended early');
    yield answers.shift();
  }
  await closed;
}
