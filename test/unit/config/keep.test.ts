import { describe, expect, it } from 'vitest';
import { keepConditions, keepRemark } from '../../../src/config/keep.ts';
import { readConfig } from '../../../src/config/read.ts';

const NONE = { errors: undefined, slowMs: undefined, status: [], attributes: [], perSecond: undefined };

describe('the conditions of FORETRACE_KEEP', () => {
  it.each<[part: string, conditions: object]>([
    ['errors', { errors: 'root' }],
    ['ERRORS', { errors: 'root' }],
    ['errors:any', { errors: 'any' }],
    ['slow:500ms', { slowMs: 500 }],
    ['slow:1.5s', { slowMs: 1_500 }],
    ['Slow: 2 M', { slowMs: 120_000 }],
    ['slow:0ms', { slowMs: 0 }],
    ['status:5xx', { status: [[500, 599]] }],
    ['status:404', { status: [[404, 404]] }],
    ['status:500-503', { status: [[500, 503]] }],
    [
      'status:5XX|404|100-102',
      {
        status: [
          [500, 599],
          [404, 404],
          [100, 102],
        ],
      },
    ],
    ['attr:user.role=admin', { attributes: [{ name: 'user.role', value: 'admin' }] }],
    ['attr:Url=http://Host/?a=b', { attributes: [{ name: 'Url', value: 'http://Host/?a=b' }] }],
    ['attr:empty=', { attributes: [{ name: 'empty', value: '' }] }],
  ])('reads %s', (part, conditions) => {
    expect(keepConditions([part])).toEqual({ ...NONE, ...conditions });
    expect(keepRemark([part])).toBeUndefined();
  });

  it.each([
    'error',
    'errors:all',
    'slow',
    'slow:500',
    'slow:-1ms',
    'slow:1h',
    'status:6xx',
    'status:599-500',
    'status:50',
    'status:404|x',
    'attr:name',
    'attr:=value',
    'rate:5',
    'rate:0/s',
    'rate:5/m',
    'constructor',
    'errors=any',
  ])('refuses %s, and the others hold', (part) => {
    expect(keepConditions([part])).toBeUndefined();
    expect(keepRemark([part])).toMatch(/: nothing is kept by it$/);
    expect(keepConditions(['slow:1s', part])).toEqual({ ...NONE, slowMs: 1_000 });
    expect(keepRemark(['slow:1s', part])).toContain(
      `has ${JSON.stringify(part)}, which is not one of errors, `,
    );
    expect(keepRemark(['slow:1s', part])).toMatch(/: the rest holds$/);
  });

  it('takes the widest of several, and the lowest of several limits', () => {
    expect(
      keepConditions([
        'errors:any',
        'errors',
        'slow:2s',
        'slow:1s',
        'status:404',
        'status:5xx',
        'rate:5/s',
        'rate:0.5/s',
      ]),
    ).toEqual({
      ...NONE,
      errors: 'any',
      slowMs: 1_000,
      status: [
        [404, 404],
        [500, 599],
      ],
      perSecond: 0.5,
    });
  });

  it('is undefined, and of no use, with a limit alone', () => {
    expect(keepConditions(['rate:5/s'])).toBeUndefined();
    expect(keepRemark(['rate:5/s'])).toBe('="rate:5/s" limits what no condition keeps, it is ignored');
  });

  it('is undefined when unset', () => {
    expect(readConfig({})).toMatchObject({ config: { keep: undefined }, warnings: [] });
  });
});
