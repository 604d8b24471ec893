/** Throws unless `work` takes time in proportion to the length it is given: `length`, twice and four times as much. */
export function expectLinearTime(what: string, length: number, work: (length: number) => unknown): Promise<void>;
