import { expect, it } from 'vitest';
import { routeParameter } from '../../../src/naming/route-parameters.ts';

it.each([
  ['/users/:id', '/users/42', 'id', '42'],
  ['/users/:id', '/Users/42', 'id', '42'],
  ['/users/:id/orders/:order', '/users/42/orders/7', 'order', '7'],
  ['/users/:id(\\d+)', '/users/42', 'id', '42'],
  ['/users/:id{[0-9]+}', '/users/42', 'id', '42'],
  ['/users/:id?', '/users/42', 'id', '42'],
  ['/users/:id?', '/users', 'id', undefined],
  ['/users/{id}', '/users/a%20b', 'id', 'a b'],
  ['/users/{id?}', '/users/42', 'id', '42'],
  ['/users/{id*2}', '/users/42', 'id', '42'],
  ['/files/{path*}', '/files/a/b.txt', 'path', 'a/b.txt'],
  ['/files/*path', '/files/a/b.txt', 'path', 'a/b.txt'],
  ['/files/:path*', '/files/a/b.txt', 'path', 'a/b.txt'],
  ['/files/:name.json', '/files/a.json', 'name', 'a'],
  ['/a/*/:id', '/a/x/7', 'id', '7'],
  ['/users/:id', '/users/', 'id', undefined],
  ['/users/:id', '/users/42', 'other', undefined],
  ['/users/:id', '/elsewhere/42', 'id', undefined],
  ['/users/:a-:b', '/users/1-2', 'a', undefined],
  ['/users/:id', '/users/%zz', 'id', '%zz'],
])('%s of %s has %s=%s', (route, path, name, value) => {
  expect(routeParameter(route, path, name)).toBe(value);
});
