import * as fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { MAX_TEMPLATES, templateOf, urlTemplates } from '../../../src/naming/url-templates.ts';

describe('the template of a path', () => {
  it.each([
    ['/', '/'],
    ['/orders', '/orders'],
    ['/orders/', '/orders'],
    ['//orders', '/orders'],
    ['/orders/7', '/orders/{id}'],
    ['/orders/-7', '/orders/{id}'],
    ['/orders/7/items/12', '/orders/{id}/items/{id}'],
    ['/orders/order12', '/orders/{id}'],
    ['/u/4f1c9f6e-7b1a-4c58-9b3a-0a7a3f2f1c11', '/u/{id}'],
    ['/u/{4F1C9F6E-7B1A-4C58-9B3A-0A7A3F2F1C11}', '/u/{id}'],
    ['/commit/4f1c9f6e7b1a4c589b3a0a7a3f2f1c11aa00bb22', '/commit/{id}'],
    ['/commit/deadbe7', '/commit/{id}'],
    ['/report/2026-11-30', '/report/{id}'],
    ['/report/2026-11-30T10:00:00Z', '/report/{id}'],
    ['/t/eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc', '/t/{id}'],
    ['/t/abcdefghijklmnopqrstuvwxyz', '/t/{id}'],
    ['/user/jane@example.com', '/user/{id}'],
    ['/user/jane%40example.com', '/user/{id}'],
    ['/search/two%20words', '/search/{id}'],
    ['/blog/how-we-made-the-app-twice-as-fast-in-a-week', '/blog/{id}'],
    ['/v1/users', '/v1/users'],
    ['/v12.3/users', '/v12.3/users'],
    ['/oauth2/callback', '/oauth2/callback'],
    ['/.well-known/openid-configuration', '/.well-known/openid-configuration'],
    ['/apple-app-site-association', '/apple-app-site-association'],
    ['/v1/models:predict', '/v1/models:predict'],
    ['/@vite/client', '/@vite/client'],
    ['/index.html', '/index.html'],
    ['/a/b/c/d/e/f/g/h', '/a/b/c/d/e/f/g/h'],
    ['/a/b/c/d/e/f/g/h/i/j', '/a/b/c/d/e/f/g/h/**'],
  ])('%s is %s', (path, template) => {
    expect(templateOf(path)).toBe(template);
  });

  it('is none of what is no path', () => {
    expect(['', '*', 'example.com:443'].map(templateOf)).toEqual([undefined, undefined, undefined]);
  });

  it('is short, whatever the path', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 500 }), (path) => {
        expect((templateOf(`/${path}`) as string).length).toBeLessThanOrEqual(8 * 33 + 3);
      }),
    );
  });
});

describe('the names that are made', () => {
  it('come of answers that tell that there is something', () => {
    const templates = urlTemplates(() => {});
    expect(templates.of('/orders/7', false)).toBeUndefined();
    expect(templates.of('/orders/7', true)).toBe('/orders/{id}');
    expect(templates.of('/orders/8', false)).toBe('/orders/{id}');
    expect(templates.of('/wp-login.php', false)).toBeUndefined();
  });

  it(`are ${MAX_TEMPLATES}, and then no more, which is said once`, () => {
    const full = vi.fn<() => void>();
    const templates = urlTemplates(full);
    const word = (i: number) =>
      `/${'abcdefghij'[i % 10]}${'abcdefghij'[Math.floor(i / 10) % 10]}${'xyz'[Math.floor(i / 100)]}`;
    for (let i = 0; i < MAX_TEMPLATES; i++) expect(templates.of(word(i), true)).toBe(word(i));
    expect(full).not.toHaveBeenCalled();
    expect(templates.of(word(MAX_TEMPLATES), true)).toBeUndefined();
    expect(templates.of(word(MAX_TEMPLATES + 1), true)).toBeUndefined();
    expect(templates.of(word(0), true)).toBe(word(0));
    expect(full).toHaveBeenCalledOnce();
  });
});
