import { startReceiver } from '../support/receiver.ts';
import { runApp } from '../support/run-app.ts';
import type { Upstream } from '../support/upstream.ts';

/** Which libraries have made spans, in order of their start, of one request to an app that calls `upstream` by fetch and by http. */
export async function scopesOfCalls(
  upstream: Upstream,
  env: Record<string, string>,
): Promise<{ stderr: string; scopes: string[] }> {
  const receiver = await startReceiver();
  const app = runApp({ file: 'naming.mjs', receiver, env: { UPSTREAM: upstream.url, ...env } });
  await (await fetch(await app.url('/call'))).text();
  await app.line(({ done }) => done !== undefined);
  const { stderr } = await app.stop();
  const spans = receiver.spans().filter(({ scope }) => scope.name.startsWith('foretrace.'));
  await receiver.close();
  spans.sort((a, b) => Number(a.startTimeUnixNano - b.startTimeUnixNano));
  return {
    stderr,
    scopes: spans.map(({ scope, kind }) => `${scope.name.slice('foretrace.'.length)} ${kind}`),
  };
}
