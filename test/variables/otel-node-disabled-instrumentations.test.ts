import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scopesOfCalls } from '../kit/choice.ts';
import { inMatrix } from '../support/libraries.ts';
import { startUpstream, type Upstream } from '../support/upstream.ts';

let upstream: Upstream;
beforeAll(async () => {
  upstream = await startUpstream();
});
afterAll(() => upstream.close());

describe.skipIf(inMatrix)('OTEL_NODE_DISABLED_INSTRUMENTATIONS', () => {
  it.each([
    ['http', undefined, ['undici CLIENT']],
    ['undici', undefined, ['http SERVER', 'http CLIENT']],
    ['undici', 'http,undici', ['http SERVER', 'http CLIENT']],
  ])('%s leaves these libraries alone, also where %s are enabled', async (names, enabled, scopes) => {
    const env = {
      OTEL_NODE_DISABLED_INSTRUMENTATIONS: names,
      ...(enabled && { OTEL_NODE_ENABLED_INSTRUMENTATIONS: enabled }),
    };
    expect(await scopesOfCalls(upstream, env)).toEqual({ stderr: '', scopes });
  });

  it('names what it does not know in one line, and the others hold', async () => {
    const env = { OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'htpp,undici' };
    const { stderr, scopes } = await scopesOfCalls(upstream, env);
    expect(stderr).toMatch(/^foretrace: OTEL_NODE_DISABLED_INSTRUMENTATIONS.*htpp.*\n$/);
    expect(scopes).toEqual(['http SERVER', 'http CLIENT']);
  });
});
