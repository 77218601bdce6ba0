import { active, define } from '../src/define.ts';
import { expectResend } from '../src/semconv/http-client.ts';

/** What got publishes before it tries again. */
interface Retry {
  retryCount: number;
  error?: {
    options?: { url?: string | URL };
    response?: { redirectUrls?: readonly unknown[] };
  };
}

/** How often the call that was retried last in a context was sent again. */
const resends = new WeakMap<object, number>();

function retry({ retryCount, error }: Retry): void {
  const url = String(error?.options?.url);
  if (!URL.canParse(url)) return;
  const context = active();
  // A retry starts where the redirects have led to, and got forgets them then.
  const redirects = error?.response?.redirectUrls?.length ?? 0;
  const count = retryCount === 1 ? redirects + 1 : (resends.get(context) ?? retryCount - 1) + 1;
  resends.set(context, count);
  const { origin, pathname, search } = new URL(url);
  expectResend(context, origin + pathname + search, count);
}

export default define({
  name: 'got',
  module: 'got',
  spans:
    'none of its own, the attempts are spans of `http`: tells them which one repeats another (from 14.6 on)',
  subscriptions: [{ channel: 'got:request:retry', receive: retry }],
});
