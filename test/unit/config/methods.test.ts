import { expect, it } from 'vitest';
import { parseMethods } from '../../../src/config/methods.ts';

it.each([
  ['./lib/reviews.js#informEditors=BlogReview', ['./lib/reviews.js', 'informEditors', 'BlogReview']],
  ['pricing#Engine.prototype.quote', ['pricing', 'Engine.prototype.quote', undefined]],
  ['@scope/pkg#a.b.c', ['@scope/pkg', 'a.b.c', undefined]],
  ['pricing/lib/x.js#f', ['pricing/lib/x.js', 'f', undefined]],
  ['/srv/a=b/x.js#f=N', ['/srv/a=b/x.js', 'f', 'N']],
  ['../x = My name', ['../x', '', 'My name']],
  ['./x.js#default', ['./x.js', '', undefined]],
  ['C:\\app\\x.js#f', ['C:\\app\\x.js', 'f', undefined]],
  ['./a#b.js#$f_1', ['./a#b.js', '$f_1', undefined]],
])('%s is a target', (text, [module, path, name]) => {
  expect(parseMethods(text)).toMatchObject({ targets: [{ module, path, name }], problem: undefined });
});

it.each(['what is this', '#f', './x.js#', './x.js#f=', './x.js#a..b', './x.js#f()', 'node:fs#read'])(
  '%s is none, and is told of',
  (text) => {
    const { targets, problem } = parseMethods(`./good.js#f; ${text}`);
    expect(targets.map(({ module }) => module)).toEqual(['./good.js']);
    expect(problem).toContain(JSON.stringify(text));
  },
);

it('separates by semicolons and lines, and takes what is there twice once', () => {
  const { targets, problem } = parseMethods(' a#b ;;\n a#c\n a#b=B; ');
  expect(targets.map(({ text }) => text)).toEqual(['a#b', 'a#c']);
  expect(problem).toBeUndefined();
});
