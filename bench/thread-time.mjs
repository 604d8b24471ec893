import { readdirSync, readFileSync } from 'node:fs';

/**
 * Nanoseconds that a process has had a processor for: its main thread, and all its threads (the thread that writes,
 * V8's helpers). Linux only: the first number of each thread's `schedstat`.
 */
export function threadTime(pid = process.pid) {
  let main = 0;
  let all = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const nanos = nanosOf(pid, thread);
    all += nanos;
    if (Number(thread) === pid) main = nanos;
  }
  return { main, all };
}

/**
 * The time of a thread that ends during the reading is lost; libuv's and V8's threads last as long as their process.
 */
function nanosOf(pid, thread) {
  try {
    return Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ', 1)[0]);
  } catch {
    return 0;
  }
}
