import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { afterAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Inside the repository, so that the examples find its packages as a user's code finds installed ones. */
const directory = join(root, 'e2e', '.examples');

/** Declarations for names that examples in doc comments use without saying where they come from. */
const PRELUDE = `
import express, { type RequestHandler } from 'express';
import type { Ferret } from '@ferretjs/core';
declare global {
  const app: express.Express;
  const showCart: RequestHandler;
  const db: { user(id: string): Promise<object>; all(table: string): Promise<object[]> };
  function legacyQuery<Row>(text: string, callback: (rows: Row[]) => void): void;
  const id: string;
  const file: string;
  const request: express.Request & { file: { size: number } };
  const response: express.Response;
  const upload: { single(name: string): (request: object, response: object, next: () => void) => void };
  function expect(value: unknown): { toBe(expected: unknown): void };
}
export {};
`;

interface Example {
  readonly name: string;
  readonly text: string;
}

const files = (path: string, ending: RegExp) =>
  readdirSync(join(root, path), { recursive: true, encoding: 'utf8' })
    .filter((name) => ending.test(name) && !/node_modules|dist|\.test\.ts$/.test(name))
    .map((name) => join(path, name));

const documents = ['README.md', 'CONTRIBUTING.md', ...files('docs', /\.md$/), ...files('packages', /README\.md$/)];

const fromDocuments: Example[] = documents.flatMap((path) =>
  [...readFileSync(join(root, path), 'utf8').matchAll(/```(?:js|ts)\n(.*?)```/gs)].map(([, text = ''], index) => ({
    name: `${path} ${index + 1}`,
    text,
  })),
);

/** `@example` up to the next tag or the end of the comment. */
const fromComments: Example[] = files('packages', /\.ts$/).flatMap((path) =>
  [...readFileSync(join(root, path), 'utf8').matchAll(/^ *\* @example\n((?: *\*(?! @|\/).*\n)+)/gm)].map(
    ([, text = ''], index) => ({ name: `${path} comment ${index + 1}`, text: text.replaceAll(/^ *\* ?/gm, '') }),
  ),
);

/** Names that an example uses as known, and what makes them so. */
const CORE: Record<string, string> = {
  createFerret: `import { createFerret } from '@ferretjs/core';`,
  defaultFerret: `import { defaultFerret } from '@ferretjs/core';`,
  currentSpan: `import { currentSpan } from '@ferretjs/core';`,
  MemorySink: `import { MemorySink } from '@ferretjs/core/testing';`,
  sinkContract: `import { sinkContract } from '@ferretjs/core/testing';`,
};
const EXPRESS: Record<string, string> = {
  ...CORE,
  ferret: `import { ferret } from '@ferretjs/express';`,
  annotate: `import { annotate } from '@ferretjs/express';`,
  spanOf: `import { spanOf } from '@ferretjs/express';`,
  express: `import express from 'express';`,
};
const KOA: Record<string, string> = {
  ...CORE,
  ferret: `import { ferret } from '@ferretjs/koa';`,
  annotate: `import { annotate } from '@ferretjs/koa';`,
  spanOf: `import { spanOf } from '@ferretjs/koa';`,
  Koa: `import Koa from 'koa';`,
  app: `declare const app: import('koa');`,
  router: `declare const router: import('@koa/router').Router;`,
  showCart: `declare const showCart: import('koa').Middleware;`,
};
const NEST: Record<string, string> = {
  ...CORE,
  ...Object.fromEntries(
    ['Annotate', 'CurrentSpan', 'FerretModule', 'InjectFerret', 'Measure', 'NoTrace'].map((name) => [
      name,
      `import { ${name} } from '@ferretjs/nest';`,
    ]),
  ),
  Module: `import { Module } from '@nestjs/common';`,
  Ferret: `import type { Ferret } from '@ferretjs/core';`,
  Span: `import type { Span } from '@ferretjs/core';`,
};

function surroundings(path: string): Record<string, string> {
  if (path.startsWith('packages/koa/')) return KOA;
  return path.startsWith('packages/nest/') ? NEST : EXPRESS;
}

/** A doc comment's example, with what its surroundings make plain. */
function completed({ name: path, text }: Example): string {
  const uses = (name: string) => new RegExp(`(?<![.\\w'])${name}(?=\\W)`).test(text);
  const declares = (name: string) => new RegExp(`(const|import) ${name}\\b`).test(text);
  const known = { ...surroundings(path) };
  if (/ferret\.(measure|wrap|start|flush|configure|metrics)\(/.test(text)) {
    known.ferret = `declare const ferret: import('@ferretjs/core').Ferret;`;
  }
  const made = Object.entries(known).filter(([name]) => uses(name) && !declares(name));
  return [...made.map(([, statement]) => statement), text, 'export {};'].join('\n');
}

/** The peers of a package of ours that npm installs with it: an application of that framework has them. */
function requiredPeers(name: string): string[] {
  const [, folder] = /^@ferretjs\/(\w+)$/.exec(name) ?? [];
  if (folder === undefined) return [];
  const { peerDependencies = {}, peerDependenciesMeta = {} } = JSON.parse(
    readFileSync(join(root, 'packages', folder, 'package.json'), 'utf8'),
  );
  return Object.keys(peerDependencies).filter((peer) => !peerDependenciesMeta[peer]?.optional);
}

afterAll(() => rmSync(directory, { recursive: true, force: true }));

it('has examples', () => {
  expect(fromDocuments.length).toBeGreaterThan(4);
  expect(fromComments.length).toBeGreaterThan(8);
});

describe('P12: what a README imports, the lines above it install', () => {
  it.each(documents.filter((path) => path.endsWith('README.md')))('%s', (path) => {
    const installed = new Set<string>();
    const missing: string[] = [];
    for (const [, language, text = ''] of readFileSync(join(root, path), 'utf8').matchAll(
      /```(sh|js|ts)\n(.*?)```/gs,
    )) {
      if (language === 'sh') {
        for (const [, names = ''] of text.matchAll(/npm install(?: --save-dev)? ([^&#\n]+)/g)) {
          for (const name of names.trim().split(/\s+/))
            for (const each of [name, ...requiredPeers(name)]) installed.add(each);
        }
        continue;
      }
      const imported = [...text.matchAll(/from '((?:@[^/']+\/)?[^./'][^/']*)/g)].map(([, name = '']) => name);
      missing.push(...imported.filter((name) => !installed.has(name) && !name.startsWith('node:')));
    }
    expect(missing).toEqual([]);
  });
});

it('has examples that all compile, strictly', () => {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory);
  writeFileSync(join(directory, 'prelude.d.ts'), PRELUDE);
  const names = new Map<string, string>();
  for (const [index, example] of [...fromDocuments, ...fromComments].entries()) {
    const path = join(directory, `example-${index}.ts`);
    writeFileSync(path, fromComments.includes(example) ? completed(example) : `${example.text}\nexport {};\n`);
    names.set(path, example.name);
  }
  const program = ts.createProgram([join(directory, 'prelude.d.ts'), ...names.keys()], {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
    types: ['node'],
    experimentalDecorators: true,
  });
  const problems = ts.getPreEmitDiagnostics(program).map((diagnostic) => {
    const text = ts.flattenDiagnosticMessageText(diagnostic.messageText, ' ');
    return `${names.get(diagnostic.file?.fileName ?? '') ?? diagnostic.file?.fileName}: ${text}`;
  });
  expect(problems).toEqual([]);
});
