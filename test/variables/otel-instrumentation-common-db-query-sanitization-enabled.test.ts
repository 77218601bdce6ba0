import { describe, expect, it } from 'vitest';
import { SECRET } from '../kit/db.ts';
import { askedApp } from '../support/asked-app.ts';
import { inMatrix } from '../support/libraries.ts';
import { POSTGRESQL } from '../support/postgresql.ts';
import { describeWith } from '../support/services.ts';

const NAME = 'OTEL_INSTRUMENTATION_COMMON_DB_QUERY_SANITIZATION_ENABLED';
const RAW = `SELECT typname FROM pg_type WHERE typname = '${SECRET}' AND typlen > $1`;
const CLEAN = RAW.replace(`'${SECRET}'`, '?');

async function textWith(env: Record<string, string | undefined>): Promise<{ text: unknown; stderr: string }> {
  const running = await askedApp({ file: 'pg.cjs', env: { ...POSTGRESQL.env, ...env } });
  await running.ask({ op: 'run', text: RAW, values: [4242] });
  const spans = await running.receiver.waitFor((all) => all.some(({ name }) => name === 'parent'));
  await running.stop();
  const call = spans.find(({ name }) => name === 'SELECT pg_type')!;
  expect(JSON.stringify(call.attributes)).not.toContain('4242');
  return { text: call.attributes['db.query.text'], stderr: running.app.stderr };
}

describe.skipIf(inMatrix)(NAME, async () => {
  await describeWith('postgresql', 'the literals of a statement', () => {
    it.each([{}, { [NAME]: 'true' }])('are replaced with %o', async (env) => {
      expect(await textWith(env)).toEqual({ text: CLEAN, stderr: '' });
    });

    it.each([
      { [NAME]: 'false' },
      { OTEL_INSTRUMENTATION_COMMON_DB_STATEMENT_SANITIZER_ENABLED: 'false' },
      { FORETRACE_DB_QUERY_SANITIZATION: 'unparameterized' },
    ])('are sent with %o, bound values are not', async (env) => {
      expect(await textWith(env)).toEqual({ text: RAW, stderr: '' });
    });

    it('stay out where it is not clear what is meant', async () => {
      const { text, stderr } = await textWith({ [NAME]: '0' });
      expect(text).toBe(CLEAN);
      expect(stderr).toContain(`${NAME}="0" is neither true nor false, true is used`);
    });
  });
});
