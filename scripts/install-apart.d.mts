/** The `node_modules` of these packages, in a folder of their own. Throws where they cannot be installed. */
export function installApart(directory: string, packages: readonly string[]): string;
