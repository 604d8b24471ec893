declare module 'vitest' {
  interface TaskMeta {
    figures?: string[];
  }
}

/** Keeps a figure that a case has measured; `npm run test:faults` prints it under the case. */
export function figure(task: { readonly meta: { figures?: string[] } }, text: string): void {
  task.meta.figures ??= [];
  task.meta.figures.push(text);
}
