/** The catalogue, the files beside it, the version matrix and what `npm test` installs name the same libraries and versions. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { catalogue } from '../../instrumentations/index.ts';
import type { Instrumentation } from '../../src/define.ts';
import { satisfies } from '../../src/satisfies.ts';
import { ROOT } from '../support/run-app.ts';

type Entry = string | { version: string };
interface Pinned {
  package?: string;
  test?: string;
  covers?: string[];
  versions: Entry[];
  outside?: Entry[];
}

const json = (file: string): any => JSON.parse(readFileSync(join(ROOT, file), 'utf8'));
const pinned: Record<string, Pinned> = json('test/versions.json').libraries;
const installed: Record<string, string> = {
  ...json('package.json').devDependencies,
  ...json('test/libraries/package.json').dependencies,
};
const versionOf = (entry: Entry): string => (typeof entry === 'string' ? entry : entry.version);

const packages = catalogue.filter(({ versions }) => versions !== undefined);
/** The entries of the matrix that run an instrumentation's tests. */
const entriesFor = ({ name }: Instrumentation): [string, Pinned][] =>
  Object.entries(pinned).filter(([key, { covers }]) => key === name || covers?.includes(name));

/** Two packages may be one library: `koa-router` and `@koa/router`. */
const titleOf = ({ name, module }: Instrumentation): string => `${name} (${module})`;

describe('the catalogue', () => {
  it('has every instrumentation that a file defines, once', async () => {
    const defined = new Set<string>();
    const folder = join(ROOT, 'instrumentations');
    for (const file of readdirSync(folder)) {
      if (!file.endsWith('.ts') || file === 'index.ts' || file === 'main.ts') continue;
      const module: Record<string, Instrumentation> = await import(join(folder, file));
      for (const value of Object.values(module)) {
        if (typeof value?.name === 'string' && typeof value.spans === 'string') defined.add(titleOf(value));
      }
    }
    expect(catalogue.map(titleOf).toSorted()).toEqual([...defined].toSorted());
  });

  it('is in the documentation of supported libraries', () => {
    const text = readFileSync(join(ROOT, 'docs/libraries.md'), 'utf8');
    expect(catalogue.filter(({ module }) => !text.includes(`\`${module}\``))).toEqual([]);
  });
});

describe.each(packages.map((one) => [titleOf(one), one] as const))(
  'the matrix for %s',
  (_, instrumentation) => {
    const { module, versions } = instrumentation;

    it('pins versions inside the range, the newest being the one that `npm test` installs', () => {
      const entries = entriesFor(instrumentation);
      expect(entries.length).toBeGreaterThan(0);
      for (const [key, entry] of entries) {
        if ((entry.package ?? key) !== module) continue;
        const inside = entry.versions.map(versionOf);
        expect(inside.filter((version) => !satisfies(version, versions as string))).toEqual([]);
        const newest = installed[module];
        if (newest !== undefined) expect(inside).toContain(newest);
        const outside = entry.outside?.map(versionOf) ?? [];
        expect(outside.filter((version) => satisfies(version, versions as string))).toEqual([]);
      }
    });
  },
);

it('the matrix runs test files that exist', () => {
  const missing = Object.entries(pinned).filter(
    ([key, { test }]) => !existsSync(join(ROOT, `test/instrumentations/${test ?? key}.test.ts`)),
  );
  expect(missing).toEqual([]);
});
