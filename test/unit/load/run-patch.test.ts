import { createRequire } from 'node:module';
import { describe, expect, it, vi } from 'vitest';
import { patchNamespace, patchRequired, runPatch, writableNamespace } from '../../../src/load/run-patch.ts';
import { log } from '../../../src/log.ts';

const target = (patch: (exports: any) => unknown, module = 'x') => ({
  patch: { module, files: [''], patch },
  file: '',
  version: '1.0.0',
  baseDir: '/x',
});

describe('patchRequired', () => {
  it('gives each patch what the one before returned', () => {
    const exports = { n: 1 };
    const targets = [
      target((e) => ({ n: e.n + 1 })),
      target(() => undefined),
      target((e) => ({ n: e.n * 10 })),
    ];
    expect(patchRequired(targets, exports)).toEqual({ n: 20 });
    expect(exports).toEqual({ n: 1 });
  });

  it('makes the namespace of an ES module writable', () => {
    // Not by an import of this file, which the test runner turns into something else.
    const require = createRequire(import.meta.url);
    const namespace = require('../../fixtures/packages/node_modules/esm-only/index.js');
    const original = namespace.answer;
    const replacement = (): string => 'replaced';
    const patched = patchRequired(
      [target((e) => void (e.answer = replacement))],
      namespace,
    ) as typeof namespace;
    expect(patched.answer).toBe(replacement);
    expect(namespace.answer).toBe(original);
    expect(patched.star).toBe(namespace.star);
    expect(Object.keys(patched)).toEqual(Object.keys(namespace));
    expect(Object.prototype.toString.call(patched)).toBe('[object Module]');
  });
});

describe('writableNamespace', () => {
  it('stays live where nothing is replaced', () => {
    const source = { a: 1, b: 1 };
    const copy = writableNamespace(source);
    copy.a = 5;
    source.a = 2;
    source.b = 2;
    expect({ ...copy }).toEqual({ a: 5, b: 2 });
  });
});

describe('patchNamespace', () => {
  it('puts a returned value in place of the default export, if there is one', () => {
    const namespace: Record<string, unknown> = { default: 1 };
    patchNamespace([target(() => 2)], namespace);
    expect(namespace).toEqual({ default: 2 });
    const without: Record<string, unknown> = { a: 1 };
    patchNamespace([target(() => 2)], without);
    expect(without).toEqual({ a: 1 });
  });
});

describe('runPatch', () => {
  it('reports a patch that throws once for each package', () => {
    const warn = vi.spyOn(log, 'warn').mockImplementation(() => {});
    const failing = target(() => {
      throw new Error('no method query');
    }, 'failing');
    expect(runPatch(failing, {}, 'commonjs')).toBeUndefined();
    expect(runPatch({ ...failing, file: 'b.js' }, {}, 'commonjs')).toBeUndefined();
    expect(warn.mock.calls).toEqual([
      ['failing 1.0.0: could not patch its entry (no method query); it is left as it is'],
    ]);
    warn.mockRestore();
  });
});
