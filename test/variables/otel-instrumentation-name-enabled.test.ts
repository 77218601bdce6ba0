import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scopesOfCalls } from '../kit/choice.ts';
import { inMatrix } from '../support/libraries.ts';
import { startUpstream, type Upstream } from '../support/upstream.ts';

let upstream: Upstream;
beforeAll(async () => {
  upstream = await startUpstream();
});
afterAll(() => upstream.close());

describe.skipIf(inMatrix)('OTEL_INSTRUMENTATION_<NAME>_ENABLED', () => {
  it('decides for one library, whatever the lists say', async () => {
    const off = { OTEL_INSTRUMENTATION_UNDICI_ENABLED: 'false' };
    expect(await scopesOfCalls(upstream, off)).toEqual({
      stderr: '',
      scopes: ['http SERVER', 'http CLIENT'],
    });
    const on = {
      OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'http,undici',
      OTEL_INSTRUMENTATION_UNDICI_ENABLED: 'TRUE',
    };
    expect(await scopesOfCalls(upstream, on)).toEqual({ stderr: '', scopes: ['undici CLIENT'] });
  });

  it('is told in one line where it is neither true nor false, and then decides nothing', async () => {
    const env = { OTEL_INSTRUMENTATION_UNDICI_ENABLED: 'no' };
    expect(await scopesOfCalls(upstream, env)).toEqual({
      stderr:
        'foretrace: OTEL_INSTRUMENTATION_UNDICI_ENABLED="no" is neither true nor false, it is ignored\n',
      scopes: ['http SERVER', 'undici CLIENT', 'http CLIENT'],
    });
  });
});
