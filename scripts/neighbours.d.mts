export const NEIGHBOURS: Readonly<Record<string, readonly string[]>>;
/** The agent's `node_modules`, or undefined where it cannot be installed. */
export function installNeighbour(name: string, cache: string): string | undefined;
