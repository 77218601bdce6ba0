import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectTrace } from '../support/expect-trace.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { type App, ROOT, runApp } from '../support/run-app.ts';

/** The newest API is a dependency of ours; older ones are installed on first use. */
const VERSIONS = ['1.4.0', '1.9.1', '1.10.0'];

/** The folder of that version of the API; undefined where it is not there and can't be had. */
function apiPath(version: string): string | undefined {
  const path = (root: string): string => join(root, 'node_modules/@opentelemetry/api');
  if (version === '1.10.0') return path(ROOT);
  const folder = join(ROOT, 'test/versions', `api-${version}`);
  if (existsSync(path(folder))) return path(folder);
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{"private":true}\n');
    const wanted = `@opentelemetry/api@${version}`;
    execFileSync('npm', ['install', '--no-audit', '--no-fund', '--prefix', folder, wanted], {
      stdio: 'pipe',
      timeout: 60_000,
    });
    return path(folder);
  } catch {
    return undefined;
  }
}

for (const version of VERSIONS) {
  const path = apiPath(version);
  if (path === undefined && process.env.CI === 'true')
    throw new Error(`@opentelemetry/api ${version} could not be installed`);

  describe.skipIf(path === undefined)(`manual spans with @opentelemetry/api ${version}`, () => {
    let receiver: Receiver;
    let app: App;
    beforeAll(async () => {
      receiver = await startReceiver();
      app = runApp({ file: 'core/manual.cjs', receiver, env: { API_PATH: path } });
      await app.listening();
    });
    afterAll(async () => {
      expect(await app.stop()).toMatchObject({ code: 0, stderr: '' });
      await receiver.close();
    });

    /** Sends a request; returns the app's answer once all `count` spans are there. */
    async function request(target: string, count: number): Promise<any> {
      receiver.clear();
      const answer = await (await fetch(await app.url(target))).json();
      // In the order of their end: what came before this one has arrived as well.
      await fetch(await app.url('/plain?fence'));
      await receiver.waitFor(count + 1);
      return answer;
    }
    const received = () => receiver.spans().filter(({ attributes }) => attributes['url.query'] !== 'fence');

    it('are children of the server span, unless root or an explicit context says otherwise', async () => {
      await request('/nested', 5);
      const [elsewhere] = received().filter(({ name }) => name === 'elsewhere');
      expect(elsewhere).toMatchObject({
        traceId: 'ab'.repeat(16),
        parentSpanId: 'cd'.repeat(8),
        flags: 0x301,
      });
      expectTrace(
        received().filter((span) => span !== elsewhere),
        [
          {
            name: 'GET',
            kind: 'SERVER',
            children: [{ name: 'outer', kind: 'PRODUCER', scope: 'manual', children: [{ name: 'inner' }] }],
          },
          { name: 'root', kind: 'INTERNAL' },
        ],
      );
    });

    it('may change the server span: the app’s name and attributes win, each attribute is there once', async () => {
      expect(await request('/collide', 1)).toBe(true);
      expect(received()).toMatchObject([
        {
          name: 'my name',
          kind: 'SERVER',
          attributes: { 'http.request.method': 'MINE', mine: [1, 2], 'url.path': '/collide' },
        },
      ]);
    });

    it('may set its status and record exceptions on it', async () => {
      await request('/status', 1);
      expect(received()).toMatchObject([
        {
          status: { code: 'ERROR', message: 'mine' },
          events: [{ name: 'exception', attributes: { 'exception.type': 'TypeError' } }],
        },
      ]);
    });

    it('keep their parent in async generators', async () => {
      await request('/generator', 6);
      const children = ['step 0', 'body', 'step 1', 'body'].map((name) => ({ name }));
      expectTrace(received(), [{ name: 'GET', children: [{ name: 'generator', children }] }]);
    });

    it('keep their parent in bound emitters and functions', async () => {
      expect(await request('/bound', 3)).toBe(0);
      expectTrace(received(), [{ name: 'GET', children: [{ name: 'listener' }, { name: 'late' }] }]);
    });

    it('are none in a suppressed context, and neither are requests sent there', async () => {
      await request('/suppressed', 2);
      expect(received().map(({ name, kind, parentSpanId }) => [name, kind, parentSpanId])).toEqual([
        ['GET', 'SERVER', undefined],
        ['GET', 'SERVER', undefined],
      ]);
    });

    it('can be carried by the app, with baggage', async () => {
      const { carrier, same, user } = await request('/carry', 2);
      expect(carrier).toEqual({
        traceparent: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-03$/),
        baggage: 'user=ada',
      });
      expect([same, user]).toEqual([true, 'ada']);
      expectTrace(received(), [{ name: 'GET', children: [{ name: 'continued' }] }]);
    });

    it('with hostile values do not disturb the app', async () => {
      await request('/hostile', 2);
      const [{ attributes }] = received().filter(({ name }) => name === 'hostile');
      expect(Object.keys(attributes)).toEqual(['v0', 'v2', 'v3', 'v5', 'v6']);
      expect(attributes.v6).toHaveLength(65_536);
    });
  });
}
