import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scopesOfCalls } from '../kit/choice.ts';
import { inMatrix } from '../support/libraries.ts';
import { startUpstream, type Upstream } from '../support/upstream.ts';

let upstream: Upstream;
beforeAll(async () => {
  upstream = await startUpstream();
});
afterAll(() => upstream.close());

describe.skipIf(inMatrix)('OTEL_NODE_ENABLED_INSTRUMENTATIONS', () => {
  it.each([
    ['http', ['http SERVER', 'http CLIENT']],
    ['undici', ['undici CLIENT']],
    ['http,undici', ['http SERVER', 'undici CLIENT', 'http CLIENT']],
    ['pg', []],
  ])('%s traces these libraries and no others', async (names, scopes) => {
    const env = { OTEL_NODE_ENABLED_INSTRUMENTATIONS: names };
    expect(await scopesOfCalls(upstream, env)).toEqual({ stderr: '', scopes });
  });

  it('names what it does not know in one line, and the others hold', async () => {
    const env = { OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'undicy,http' };
    const { stderr, scopes } = await scopesOfCalls(upstream, env);
    expect(stderr).toMatch(/^foretrace: OTEL_NODE_ENABLED_INSTRUMENTATIONS.*undicy.*\n$/);
    expect(scopes).toEqual(['http SERVER', 'http CLIENT']);
  });
});
