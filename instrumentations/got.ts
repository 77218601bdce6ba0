import { active, define } from '../src/define.ts';
import { expectResend } from '../src/semconv/http-client.ts';

/** What got publishes before it tries again. */
interface Retry {
  retryCount: number;
  error?: { options?: { url?: string | URL } };
}

function retry({ retryCount, error }: Retry): void {
  const url = error?.options?.url;
  if (url === undefined || !URL.canParse(String(url))) return;
  const { origin, pathname, search } = new URL(String(url));
  expectResend(active(), origin + pathname + search, retryCount);
}

export default define({
  name: 'got',
  module: 'got',
  spans:
    'none of its own, the attempts are spans of `http`: tells them which one repeats another (from 14.6 on)',
  subscriptions: [{ channel: 'got:request:retry', receive: retry }],
});
