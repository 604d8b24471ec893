import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import vm from 'node:vm';

/** A file as speedscope shows it. */
export interface Imported {
  readonly name: string;
  readonly profiles: readonly ImportedProfile[];
}

interface ImportedProfile {
  getName(): string;
  getTotalWeight(): number;
  getWeightUnit(): string;
  forEachCall(
    open: (node: { frame: { name: string } }, value: number) => void,
    close: (node: { frame: { name: string } }, value: number) => void,
  ): void;
}

type Import = (name: string, base64: string) => Promise<Imported | null>;

const release = join(dirname(createRequire(import.meta.url).resolve('speedscope/package.json')), 'dist/release');

/**
 * Opens a file with speedscope's own importer. The package is the built application alone, which does not export it.
 * Its script runs here with stubs where it looks for a browser, and a line in front that hands out the module it loads
 * on import.
 * @returns the imported file, and every warning on the way.
 */
export async function openInSpeedscope(text: string): Promise<{ imported: Imported; warnings: string[] }> {
  const warnings: string[] = [];
  const load = startSpeedscope((warning) => void warnings.push(warning));
  const imported = await load('export.json', Buffer.from(text).toString('base64'));
  if (imported === null) throw new Error('speedscope does not recognise the file.');
  return { imported, warnings };
}

function startSpeedscope(warn: (text: string) => void): Import {
  const script = readdirSync(release).find((name) => /^speedscope-.*\.js$/.test(name)) ?? '';
  const source = readFileSync(join(release, script), 'utf8');
  const lazyModule = /Promise\.resolve\(\)\.then\(\(\)=>(\(\w+\(\),\w+\))\)/.exec(source)?.[1];
  if (lazyModule === undefined) throw new Error('speedscope has changed: where it loads its importer was not found.');
  const patched = source.replace('(()=>{', `(()=>{globalThis.loadImporter=()=>${lazyModule};`);
  const heard = (...words: unknown[]) => warn(words.map(String).join(' '));
  const context = vm.createContext({
    console: { ...console, log: () => undefined, warn: heard, error: heard },
    alert: heard,
    atob,
    TextDecoder,
    TextEncoder,
    URL,
    performance,
    ...browser(),
  }) as { loadImporter?: () => { importProfileGroupFromBase64: Import } };
  try {
    vm.runInContext(patched, context);
  } catch {
    // It fails at drawing its page, its last statement: everything else is there by then.
  }
  const importer = context.loadImporter?.();
  if (importer === undefined) throw new Error('speedscope has changed: it does not start.');
  return importer.importProfileGroupFromBase64;
}

/** An object that is, has and returns itself: as much of a page as a program needs that never draws. */
function browser(): Record<string, unknown> {
  const anything: unknown = new Proxy(() => undefined, {
    get: (_, key) => (key === Symbol.toPrimitive ? () => '' : anything),
    set: () => true,
    apply: () => anything,
    construct: () => anything as object,
  });
  const names = ['window', 'document', 'navigator', 'location', 'localStorage', 'matchMedia', 'requestAnimationFrame'];
  return Object.fromEntries(names.map((name) => [name, anything]));
}

/** Every call of a profile: `GET /users 0-1500`, in order of start. */
export function callsOf(profile: ImportedProfile): { name: string; start: number; end: number }[] {
  const calls: { name: string; start: number; end: number }[] = [];
  const open: { name: string; start: number; end: number }[] = [];
  profile.forEachCall(
    (node, start) => {
      const call = { name: node.frame.name, start, end: Number.NaN };
      calls.push(call);
      open.push(call);
    },
    (_, end) => {
      const call = open.pop();
      if (call !== undefined) call.end = end;
    },
  );
  return calls;
}
