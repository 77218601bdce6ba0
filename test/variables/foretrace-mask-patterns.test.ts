import { describe, expect, it } from 'vitest';
import { inMatrix } from '../support/libraries.ts';
import { runsOf } from '../support/run-once.ts';

describe.skipIf(inMatrix)('FORETRACE_MASK_PATTERNS', () => {
  const run = runsOf('core/privacy.mjs');
  const PRIVACY_TEXT = 'EMP-123456, KD-abc and 12,34';
  const own = ({ spans }: Awaited<ReturnType<typeof run>>) =>
    spans.find(({ name }) => name.startsWith('name '))!;

  it('unset, leaves every text as it is', async () => {
    expect(own(await run({ PRIVACY_TEXT })).attributes.text).toBe(PRIVACY_TEXT);
  });

  it.each(['on', 'off'])(
    'replaces matches by [REDACTED] or the name of the expression (FORETRACE_EXPORT_THREAD=%s)',
    async (FORETRACE_EXPORT_THREAD) => {
      const FORETRACE_MASK_PATTERNS = 'employee=/EMP-\\d{4,6}/, customer = /kd-[a-z]+/i; /\\d,\\d/';
      const done = await run({ PRIVACY_TEXT, FORETRACE_MASK_PATTERNS, FORETRACE_EXPORT_THREAD });
      const text = '[employee], [customer] and 1[REDACTED]4';
      expect(own(done)).toMatchObject({
        name: `name ${text}`,
        attributes: { text, list: ['x', text] },
        events: [{ name: `event ${text}` }, { attributes: { 'exception.message': `failed: ${text}` } }],
        links: [{ attributes: { text } }],
        status: { message: `status ${text}` },
      });
      expect([done.lines, done.stdout]).toEqual([[], 'done\n']);
    },
  );

  it('goes together with FORETRACE_MASK', async () => {
    const done = await run({
      PRIVACY_TEXT: 'user=ada@example.com x',
      FORETRACE_MASK: 'email',
      FORETRACE_MASK_PATTERNS: 'user=/user=\\S+/ /x/',
    });
    expect(own(done).attributes.text).toBe('[user] [REDACTED]');
  });

  it('names what is no expression in one line, what the engine does not take in another, and uses the rest', async () => {
    const done = await run({ PRIVACY_TEXT, FORETRACE_MASK_PATTERNS: 'EMP, /(?=a)b/ /(a)\\1/, /EMP-\\d+/' });
    expect(done.lines).toEqual([
      'foretrace: FORETRACE_MASK_PATTERNS="EMP, /(?=a)b/ /(a)\\\\1/, /EMP-\\\\d+/" has "EMP", which is not an expression such as /EMP-\\d+/ or name=/EMP-\\d+/i, that part is ignored',
      'foretrace: FORETRACE_MASK_PATTERNS has /(?=a)b/, which cannot be used (invalid or unsupported Perl syntax: `(?=`); has /(a)\\1/, which cannot be used (invalid escape sequence: `\\1`), they are ignored',
    ]);
    expect(own(done).attributes.text).toBe('[REDACTED], KD-abc and 12,34');
  });

  it('takes no time for an expression on which other engines never end', async () => {
    const PRIVACY_TEXT = `${'a'.repeat(30_000)}!`;
    const done = await run({ PRIVACY_TEXT, FORETRACE_MASK_PATTERNS: '/(a+)+$/' });
    expect(own(done).attributes.text).toBe(PRIVACY_TEXT);
    expect(done.lines).toEqual([]);
  });
});
