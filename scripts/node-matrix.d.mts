/** The path of that Node's binary, for Linux on x64. */
export function installNode(major: 22 | 24 | 26, cache: string): string;
