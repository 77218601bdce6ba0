/**
 * No database client mixes what belongs to different requests: twenty at once through one or two connections, to a slow server whose
 * connections are lost, each with a trace, baggage, statement and value of its own. A library costs its ways of being called, in
 * `test/fixtures/lib/mixing-clients.cjs`.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ReceivedSpan } from '../support/otlp.ts';
import { type SlowProxy, startSlowProxy } from '../support/slow-proxy.ts';
import type { Fixture } from './harness.ts';
import { operations } from './operations.ts';

export interface MixingDbKit {
  /** Default: the library. */
  title?: string;
  /** Key in `test/fixtures/lib/mixing-clients.cjs`. */
  library: string;
  ways: readonly string[];
  /** Those whose connection stays, since the library, without us too, never tells when it is lost. */
  patient?: readonly string[];
  /** Where the server is; absent for what runs in the process. */
  server?: { host: string; port: number };
  /** The library sends by HTTP, where each request has headers of its own, and spans that are below the library's. */
  http?: boolean;
  /** How many connections are lost, for what takes its time to open another. Default: all that the proxy cuts. */
  cuts?: number;
  /** It asks its connections things of its own, in the context of whoever it opens them for, or of nobody. */
  asksItself?: boolean;
  fixture?: Partial<Fixture>;
}

export const POOLS = ['pool of 1', 'pool of 2'];

/** Each style of calling over each kind of connection. */
export const over = (styles: readonly string[], kinds: readonly string[]): string[] =>
  styles.flatMap((style) => kinds.map((kind) => `${style} over ${kind}`));

const COUNT = 20;

interface Request {
  name: string;
  value: string;
  baggage: string;
}

/** The number of the request whose canary a text has; fails when it has those of several. */
function ownerOf(text: string): number | undefined {
  const owners = new Set(
    Array.from(text.matchAll(/(?:name|value|baggage)x(\d+)x/g), ([, index]) => Number(index)),
  );
  expect(owners.size, `a mixture: ${text}`).toBeLessThan(2);
  return owners.values().next().value;
}

/** All that was recorded belongs to the request whose trace it is in. */
function expectUnmixed(
  spans: readonly ReceivedSpan[],
  requests: readonly Request[],
  { http = false, asksItself = false }: Pick<MixingDbKit, 'http' | 'asksItself'>,
): void {
  const parents = spans.filter(({ name }) => name === 'parent');
  const ids = parents.map(({ attributes }) => Number(attributes.id));
  expect(ids.sort((a, b) => a - b)).toEqual(requests.map((_, index) => index));
  const parentOf = new Map(parents.map((parent) => [parent.traceId, parent]));
  const answered = new Map<number, number>();
  const succeeded = new Map<number, number>();
  const count = (counts: Map<number, number>, owner: number): unknown =>
    counts.set(owner, (counts.get(owner) ?? 0) + 1);

  for (const span of spans) {
    const { name, kind, attributes, status } = span;
    const parent = parentOf.get(span.traceId)!;
    const shown = `${kind} ${name} ${JSON.stringify(attributes)}`;
    if (asksItself && parent === undefined && kind === 'CLIENT') {
      expect(ownerOf(shown), `a trace of its own: ${shown}`).toBeUndefined();
      continue;
    }
    expect(parent, `a trace of its own: ${shown}`).toBeDefined();
    if (span === parent) continue;
    const owner = Number(parent.attributes.id);
    // A mark of the app.
    if ('found' in attributes) {
      expect(span.parentSpanId, `${shown} in the trace of ${owner}`).toBe(parent.spanId);
      expect(name, 'a mark in the trace of another request').toMatch(new RegExp(` ${owner}$`));
      expect(attributes.found, `baggage of ${name}`).toBe(requests[owner].baggage);
      if (name.startsWith('answer ')) count(answered, owner);
      continue;
    }
    const isBelow =
      http &&
      attributes['db.operation.name'] === undefined &&
      attributes['http.request.method'] !== undefined;
    if (isBelow) {
      const above = spans.find(({ spanId }) => spanId === span.parentSpanId);
      expect(above?.traceId, `what ${shown} is below`).toBe(span.traceId);
    } else {
      expect(span.parentSpanId, `${shown} in the trace of ${owner}`).toBe(parent.spanId);
      const canary = ownerOf(shown);
      if (!asksItself || canary !== undefined)
        expect(canary, `${shown} in the trace of ${owner}`).toBe(owner);
      if (canary !== undefined && status.code !== 'ERROR') count(succeeded, owner);
    }
    expect(shown).not.toMatch(/valuex|baggagex/);
  }
  for (const index of requests.keys()) {
    expect(answered.get(index), `answers to ${index}`).toBeGreaterThan(0);
    expect(succeeded.get(index) ?? 0, `spans of the calls of ${index} that were answered`).toBe(
      answered.get(index),
    );
  }
}

/** What was sent has the baggage of nobody, or with HTTP that of its own request. */
function expectUnmixedBytes(sent: readonly string[], http: boolean): void {
  for (const bytes of sent) {
    if (!http) expect(bytes).not.toContain('baggagex');
    else for (const request of bytes.split(/(?=(?:GET|POST|PUT) \S+ HTTP\/1\.1\r\n)/)) ownerOf(request);
  }
}

export function mixingDbKit(options: MixingDbKit): void {
  const { library, title = library, ways, patient = [], cuts, server, http = false, fixture } = options;
  describe(`${title}, many requests through few connections`, () => {
    const kit = operations({
      file: 'mixing-db.cjs',
      ...fixture,
      env: { ...fixture?.env, DB_LIBRARY: library },
    });
    let proxy: SlowProxy | undefined;
    beforeAll(async () => {
      proxy = server && (await startSlowProxy(server));
    });
    afterAll(() => proxy?.close());

    it.each([...ways, ...patient])('mixes nothing: %s', async (way) => {
      const isCut = ways.includes(way);
      proxy?.reset(isCut ? cuts : 0);
      const run = crypto.randomUUID().slice(0, 8);
      const requests = Array.from({ length: COUNT }, (_, index): Request => {
        const canary = `x${index}x${run}`;
        return { name: `name${canary}`, value: `value${canary}`, baggage: `baggage${canary}` };
      });
      const { host, port } = proxy ?? {};
      const answers = await kit.run('mix', { bare: true, way, host, port, requests });
      expect(answers).toEqual(requests.map(() => true));
      if (proxy !== undefined) {
        expect(proxy.cuts > 0).toBe(isCut);
        expectUnmixedBytes(proxy.sent, http);
      }
      // A parent, two marks, and the call, at least.
      expectUnmixed(await kit.collect(4 * COUNT), requests, options);
    });
  });
}
