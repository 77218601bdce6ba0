import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  MAX_ARGUMENT_CHARACTERS,
  MAX_ARGUMENTS,
  MAX_SEARCHED_CHARACTERS,
  maskArgument,
  maskArguments,
} from '../../../src/resource/arguments.ts';
import { cpuMs } from '../../support/cpu-time.ts';

describe('a command line', () => {
  it.each<[string[], string[]]>([
    [
      ['/usr/bin/node', '--enable-source-maps', 'server.js', '--port=3000', '-v'],
      ['/usr/bin/node', '--enable-source-maps', 'server.js', '--port=3000', '-v'],
    ],
    [['--password=hunter2'], ['--password=[REDACTED]']],
    [
      ['--db-password', 'hunter2', 'x'],
      ['--db-password', '[REDACTED]', 'x'],
    ],
    [
      ['--token', '-hunter2'],
      ['--token', '[REDACTED]'],
    ],
    [
      ['--token', '--verbose'],
      ['--token', '--verbose'],
    ],
    [
      ['--api-key', 'hunter2'],
      ['--api-key', '[REDACTED]'],
    ],
    [
      ['-token', 'hunter2'],
      ['-token', '[REDACTED]'],
    ],
    [
      ['--keep-alive', '5', '--monkeys', '3'],
      ['--keep-alive', '5', '--monkeys', '3'],
    ],
    [['API_KEY=hunter2'], ['API_KEY=[REDACTED]']],
    [['--clientSecret=hunter2 and more'], ['--clientSecret=[REDACTED]']],
    [['--password='], ['--password=']],
    [
      ['--header', 'Authorization: Bearer hunter2'],
      ['--header', 'Authorization:[REDACTED]'],
    ],
    [
      ['-H', 'X-Api-Key:hunter2'],
      ['-H', 'X-Api-Key:[REDACTED]'],
    ],
    [['{"user":"a","password":"hunter2"}'], ['{"user":"a","password":[REDACTED]']],
    [['https://u:hunter2@host/p'], ['https://REDACTED:REDACTED@host/p']],
    [['--url=redis://:hunter2@host:6379/0'], ['--url=redis://REDACTED:REDACTED@host:6379/0']],
    [['postgres://u:hun/ter@2@host/db'], ['postgres://REDACTED:REDACTED@host/db']],
    [['amqp://u:hunter2@a,amqp://v:hunter3@b'], ['amqp://REDACTED:REDACTED@b']],
    [['http://h/?a=1&access_token=hunter2&b=2'], ['http://h/?a=1&access_token=[REDACTED]']],
    [['http://h/@scope'], ['http://REDACTED:REDACTED@scope']],
    [
      ['mail@example.com', 'http://h/x'],
      ['mail@example.com', 'http://h/x'],
    ],
    [['/srv/auth/tokens/index.js'], ['/srv/auth/tokens/index.js']],
    [['--import=file:///srv/secrets/x.mjs'], ['--import=file:///srv/secrets/x.mjs']],
    [['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.hunter2'], ['[REDACTED]']],
    [
      ['-e', 'login("hunter2")', 'x'],
      ['-e', '[REDACTED]', 'x'],
    ],
    [['--eval=login("hunter2")'], ['--eval=[REDACTED]']],
    [
      ['-pe', '1'],
      ['-pe', '[REDACTED]'],
    ],
  ])('%j is recorded as %j', (args, masked) => {
    expect(maskArguments(args)).toEqual(masked);
  });

  it('is cut after 64 arguments', () => {
    const args = Array.from({ length: MAX_ARGUMENTS + 1 }, (_, index) => `a${index}`);
    expect(maskArguments(args.slice(0, MAX_ARGUMENTS))).toEqual(args.slice(0, MAX_ARGUMENTS));
    expect(maskArguments(args)).toEqual(args.slice(0, MAX_ARGUMENTS));
  });

  it('never shows a secret that follows a telling name, whatever stands around it', () => {
    const canary = 'c4n4ryc4n4ryc4n4ryc4n4ryc4n4ry12';
    const name = fc.constantFrom(
      '--password',
      '--pwd',
      '-secret',
      'API_KEY',
      'auth-token',
      '--dsn',
      'PGPASSWORD',
    );
    fc.assert(
      fc.property(name, fc.string(), fc.constantFrom('=', ':'), (flag, noise, sign) => {
        expect(maskArguments([`${flag}${sign}${noise}${canary}`]).join()).not.toContain('c4n4ry');
        expect(maskArguments([`${flag}${sign}${canary}${noise}`]).join()).not.toContain('c4n4ry');
      }),
    );
  });
});

describe('an argument', () => {
  it('is cut after 1,024 characters', () => {
    const whole = 'x'.repeat(MAX_ARGUMENT_CHARACTERS);
    expect(maskArgument(whole)).toBe(whole);
    expect(maskArgument(`${whole}y`)).toBe(`${whole}…`);
  });

  it('of more than 16 KiB is not recorded', () => {
    const whole = 'x'.repeat(MAX_SEARCHED_CHARACTERS);
    expect(maskArgument(whole)).toBe(`${'x'.repeat(MAX_ARGUMENT_CHARACTERS)}…`);
    expect(maskArgument(`${whole}x`)).toBe('[REDACTED]');
  });

  it('has its secrets masked before it is cut', () => {
    expect(maskArgument(`http://u:hunter2${'x'.repeat(MAX_ARGUMENT_CHARACTERS)}@host`)).toBe(
      'http://REDACTED:REDACTED@host',
    );
  });

  it.each(['a', '=', 'a=', 'a://', '@', 'eyJ', 'eyJ-aaaaaaaa-', 'token ', 'a:'])(
    'of 16 KiB of %j takes no noticeable time',
    (piece) => {
      const argument = piece.repeat(Math.floor(MAX_SEARCHED_CHARACTERS / piece.length));
      expect(cpuMs(250, () => maskArgument(argument))).toBeLessThan(250);
    },
  );
});
