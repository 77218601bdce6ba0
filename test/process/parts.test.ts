/** Which files of the agent a process reads: what it does not use, or ask for, costs it nothing. */
import { describe, expect, it } from 'vitest';
import { inMatrix, LIBRARIES } from '../support/libraries.ts';
import { runApp } from '../support/run-app.ts';

/** The agent's files once the modules are loaded, without what several of them share. */
async function partsOf(modules: string[], env: Record<string, string> = {}): Promise<string[]> {
  const app = runApp({
    file: 'parts.cjs',
    args: modules,
    cwd: LIBRARIES,
    env: { OTEL_TRACES_EXPORTER: 'none', ...env },
  });
  const { stdout, stderr } = await app.exited;
  expect(stderr).toBe('');
  // Old versions of Node.js have a thread for the hooks of ES modules, which is seen to start.
  return (JSON.parse(stdout) as string[]).filter((name) => name !== 'threads');
}

describe.skipIf(inMatrix)('of the agent’s files', () => {
  it('an HTTP server reads one', async () => {
    expect(await partsOf(['node:http'])).toEqual(['agent']);
  });

  it('the families of the libraries that are loaded are read, and no others', async () => {
    expect(await partsOf(['express', 'pg'])).toEqual(['agent', 'sql', 'web']);
  });

  it.each([
    ['FORETRACE_METHODS', './x.js#y', 'methods-start'],
    ['FORETRACE_MIDDLEWARE_SPANS', 'on', 'semconv-middleware'],
    ['FORETRACE_N_PLUS_ONE', '5', 'trouble-start'],
    ['FORETRACE_SAMPLING_RULES', '*=1', 'sampling-start'],
    ['FORETRACE_SQLCOMMENTER', 'service', 'sql-commenter-start'],
    ['FORETRACE_URL_RULES', '/{id}', 'naming-start'],
    ['OTEL_NODE_EXCLUDED_URLS', 'health', 'naming-start'],
    ['OTEL_PROPAGATORS', 'jaeger', 'propagate-further'],
  ])('what %s asks for is read with it', async (name, value, part) => {
    expect(await partsOf([], { [name]: value })).toEqual(['agent', part].toSorted());
  });
});
