/** What `scripts/transparency.mjs` reads from test runners, and how it compares. */
import { describe, expect, it } from 'vitest';
import { compare, readJest, readPoku, readTap, type Results } from '../../scripts/transparency.mjs';

const results = (entries: Record<string, string>): Results => new Map(Object.entries(entries));

describe('what is read of TAP', () => {
  it('is every test with its result', () => {
    const text = ['TAP version 14', 'ok 1 - adds', 'not ok 2 - divides', 'ok 3 subtracts', '1..3'].join('\n');
    expect(readTap(text)).toEqual(results({ adds: 'ok', divides: 'not ok', subtracts: 'ok' }));
  });

  it('is skipped where the runner has not decided: skip and todo, but not time', () => {
    const text = [
      'ok 1 - no network # SKIP offline',
      'not ok 2 - one day # TODO',
      'ok 3 - measured # time=12.3ms',
    ].join('\n');
    expect(readTap(text)).toEqual(results({ 'no network': 'skip', 'one day': 'skip', measured: 'ok' }));
  });

  it('has the titles of the tests around it, which come after their subtests', () => {
    const text = [
      '# Subtest: numbers',
      '    # Subtest: integers',
      '        # Subtest: adds',
      '        ok 1 - adds',
      '    ok 1 - integers',
      '    # Subtest: floats',
      '    not ok 2 - floats',
      'not ok 1 - numbers',
      '# Subtest: texts',
      'ok 2 - texts',
    ].join('\n');
    expect([...readTap(text)]).toEqual([
      ['numbers › integers › adds', 'ok'],
      ['numbers › integers', 'ok'],
      ['numbers › floats', 'not ok'],
      ['numbers', 'not ok'],
      ['texts', 'ok'],
    ]);
  });

  it('leaves out the brace that opens a block of subtests', () => {
    expect(readTap('ok 1 - numbers # time=2ms {')).toEqual(results({ numbers: 'ok' }));
  });

  it('tells equal titles apart', () => {
    expect(readTap('ok 1 - adds\nnot ok 2 - adds\nok 3 - adds')).toEqual(
      results({ adds: 'ok', 'adds (2)': 'not ok', 'adds (3)': 'ok' }),
    );
  });

  it('is no test where a suite prints something that only looks alike', () => {
    expect(readTap('okay 1\n# ok 1 - comment\nnot ok\n  duration_ms: 1\nBail out!').size).toBe(0);
  });

  it('keeps a sharp in a title', () => {
    expect(readTap('ok 1 - C# and #12 # SKIP why')).toEqual(results({ 'C# and #12': 'skip' }));
  });
});

describe("what is read of Jest's report", () => {
  const report = (testResults: object[]): string => JSON.stringify({ testResults });

  it('is every test, by its file and full name', () => {
    const text = report([
      {
        name: '/suite/test/a.test.js',
        status: 'failed',
        assertionResults: [
          { fullName: 'numbers adds', status: 'passed' },
          { fullName: 'numbers divides', status: 'failed' },
          { fullName: 'numbers roots', status: 'pending' },
          { fullName: 'numbers powers', status: 'todo' },
        ],
      },
    ]);
    expect(readJest(text, '/suite')).toEqual(
      results({
        'test/a.test.js › numbers adds': 'ok',
        'test/a.test.js › numbers divides': 'not ok',
        'test/a.test.js › numbers roots': 'skip',
        'test/a.test.js › numbers powers': 'skip',
      }),
    );
  });

  it('is the file where no test in it could start', () => {
    const text = report([{ name: '/suite/b.test.js', status: 'failed', assertionResults: [] }]);
    expect(readJest(text, '/suite')).toEqual(results({ 'b.test.js': 'not ok' }));
  });
});

describe('what is read of poku', () => {
  const color = (code: number, text: string): string => `\u001b[${code}m\u001b[1m${text}\u001b[0m`;
  const green = (text: string): string => color(32, text);
  const red = (text: string): string => color(91, text);
  const file = (paint: typeof red, name: string): string =>
    `${paint('›')} ${paint(name)} ${paint('› 439.1ms')}`;

  it('is every file and every test in it; a pass and a failure differ by their colour', () => {
    const text = [
      file(red, 'test/a.test.mts'),
      `  ${color(2, '◌ numbers')}`,
      `    ${color(2, '◌ adds')}`,
      `    ${green('● adds')} ${green('› 0.01ms')}`,
      `    ${color(2, '◌ divides')}`,
      `      ${red('✘ by zero')}`,
      `    ${red('● divides')} ${red('› 22.4ms')}`,
      `    ${color(94, '◯ roots')}`,
      `    ${color(96, '● powers')}`,
      `  ${red('● numbers')} ${red('› 22.9ms')}`,
      file(green, 'test/b.test.mts'),
      `  ${green('✔ an assertion alone')}`,
    ].join('\n');
    expect([...readPoku(text)]).toEqual([
      ['test/a.test.mts', 'not ok'],
      ['test/a.test.mts › numbers › adds', 'ok'],
      ['test/a.test.mts › numbers › divides', 'not ok'],
      ['test/a.test.mts › numbers › roots', 'skip'],
      ['test/a.test.mts › numbers › powers', 'skip'],
      ['test/a.test.mts › numbers', 'not ok'],
      ['test/b.test.mts', 'ok'],
    ]);
  });

  it('ends where the failures are printed once more', () => {
    const failure = [`  ${color(2, '◌ divides')}`, `  ${red('● divides')} ${red('› 22.4ms')}`];
    const text = [
      file(red, 'test/a.test.mts'),
      ...failure,
      `${red('1')} ${color(1, 'test file(s) failed:')}`,
      ...failure,
    ].join('\n');
    expect([...readPoku(text).keys()]).toEqual(['test/a.test.mts', 'test/a.test.mts › divides']);
  });
});

describe('the comparison', () => {
  it('counts what ran without the agent', () => {
    const run = results({ a: 'ok', b: 'ok', c: 'not ok', d: 'skip' });
    expect(compare([run], [run])).toEqual({
      tests: 4,
      passed: 2,
      failed: 1,
      skipped: 1,
      unstable: 0,
      differ: [],
    });
  });

  it.each([
    ['fails with it', 'ok', 'not ok'],
    ['passes with it', 'not ok', 'ok'],
    ['is skipped with it', 'ok', 'skip'],
  ])('names a test that %s', (_, without, withAgent) => {
    const { differ } = compare([results({ a: without })], [results({ a: withAgent })]);
    expect(differ).toEqual([{ title: 'a', without, with: withAgent }]);
  });

  it('names a test that is there on one side only', () => {
    const { tests, differ } = compare([results({ a: 'ok' })], [results({ b: 'ok' })]);
    expect(differ).toEqual([
      { title: 'a', without: 'ok', with: 'missing' },
      { title: 'b', without: 'missing', with: 'ok' },
    ]);
    expect(tests).toBe(1);
  });

  it('names a test that differs in one run of several', () => {
    const ok = results({ a: 'ok' });
    const { differ } = compare([ok, ok], [ok, results({ a: 'not ok' })]);
    expect(differ).toEqual([{ title: 'a', without: 'ok', with: 'not ok/ok' }]);
  });

  it('sets apart what varies without the agent, whatever it does with it', () => {
    const [ok, failed] = [results({ a: 'ok', b: 'ok' }), results({ a: 'not ok', b: 'ok' })];
    expect(compare([ok, failed], [failed, failed])).toMatchObject({ tests: 1, unstable: 1, differ: [] });
  });
});
