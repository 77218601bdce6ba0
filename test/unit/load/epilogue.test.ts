import { expect, it } from 'vitest';
import { epilogues } from '../../../src/load/epilogue.ts';

const URL = 'file:///app/x.js';

/** The source with an epilogue, without it and the epilogue. */
function edited(source: string, reads: string[], replaces = reads): [text: string, end: string] {
  const finish = epilogues([[URL, { reads, replaces }]]);
  const result = finish(`${URL}?v=1`, { format: 'module', source }).source as string;
  const at = result.indexOf('\n;');
  return at === -1 ? [result, ''] : [result.slice(0, at), result.slice(at)];
}

it.each([
  ['export function f() {}', 'export function f() {}'],
  ['export const f = () => {};', 'export let   f = () => {};'],
  ['const f = () => {}; export { f };', 'let   f = () => {}; export { f };'],
  ['const a = 1;const f=()=>{};export{f};', 'const a = 1;let   f=()=>{};export{f};'],
  ['const g = () => {}; export { g as f };', 'let   g = () => {}; export { g as f };'],
  // Where it can't be told which one it is, both stay.
  ['const f = 1; { const f = 2 }; export { f }', 'const f = 1; { const f = 2 }; export { f }'],
  ['export const a = `\nexport const f = 1`, f = 2;', 'export let   a = `\nexport const f = 1`, f = 2;'],
])('%s', (source, expected) => {
  const [text, end] = edited(source, ['f']);
  expect(text).toBe(expected);
  expect(end).toContain('get "f"()');
});

it.each([
  ['export default function() {}', 'export default function $foretraceDefault() {}'],
  ['export default async function*() {}', 'export default async function* $foretraceDefault() {}'],
  ['export default class extends X {}', 'export default class $foretraceDefault extends X {}'],
  ['export default (a) => a;', 'let $foretraceDefault = (a) => a;'],
  ['export default function f() {}', 'export default function f() {}'],
])('%s gets a name where it has none', (source, expected) => {
  expect(edited(source, ['default'])[0].replaceAll('  ', ' ')).toBe(expected);
});

it('leaves other modules, CommonJS and what has no source as they are', () => {
  const finish = epilogues([[URL, { reads: ['f'], replaces: ['f'] }]]);
  for (const loaded of [
    { format: 'commonjs', source: 'exports.f = 1' },
    { format: 'module', source: null },
  ])
    expect(finish(URL, loaded)).toBe(loaded);
  const other = { format: 'module', source: 'export const f = 1' };
  expect(finish('file:///app/y.js', other)).toBe(other);
});

it('hands out what is not there, to be told of', () => {
  expect(edited('export const a = 1', ['f'])[1]).toContain('["f"]');
});
