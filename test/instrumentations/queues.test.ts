/** Queues of the app: what a task does belongs to the request that asked for it, however many wait. */
import { createRequire } from 'node:module';
import { expect, it } from 'vitest';
import { LIBRARIES, libraryVersion } from '../support/libraries.ts';
import { traceTrees } from '../support/expect-trace.ts';
import { startReceiver } from '../support/receiver.ts';
import { runApp } from '../support/run-app.ts';

const queues: object = createRequire(import.meta.url)('../fixtures/lib/queues.cjs');
const COUNT = 6;

/** In the version matrix only one library is there. */
const isThere = (name: string): boolean => {
  const library = name.split(/[./ ]/, 1)[0];
  if (name === 'fastq.promise' && /^1\.(?:\d|10)\./.test(libraryVersion('fastq') ?? '')) return false;
  if (name === 'bottleneck/light' && /^2\.[0-8]\./.test(libraryVersion('bottleneck') ?? '')) return false;
  // What older ones do not have.
  if (name === 'fastq.error' && /^1\.[4-8]\./.test(libraryVersion('fastq') ?? '')) return false;
  if (name === 'generic-pool.use' && /^(?:2|3\.0)\./.test(libraryVersion('generic-pool') ?? '')) return false;
  if (name === 'workerpool.on' && libraryVersion('workerpool')?.startsWith('6.0.')) return false;
  // Older ones know no async functions.
  if (name.includes('async worker') && /^2\.[0-2]\./.test(libraryVersion('async') ?? '')) return false;
  return libraryVersion(library) !== undefined;
};

it.each(Object.keys(queues).filter(isThere))(
  '%s runs each task in the context of its request',
  async (name) => {
    const receiver = await startReceiver();
    const app = runApp({ file: 'queues.mjs', args: [name, String(COUNT)], receiver, cwd: LIBRARIES });
    const url = await app.url('/');
    const ids = Array.from({ length: COUNT }, (_, index) => `id-${index}`);
    const bodies = await Promise.all(ids.map(async (id) => (await fetch(url + id)).text()));
    expect(bodies).toEqual(ids.map((id) => `${id} done`));
    expect(await app.stop()).toMatchObject({ code: 0, stderr: '' });
    const trees = traceTrees(receiver.spans());
    await receiver.close();
    const path = (url: unknown): string => new URL(String(url)).pathname;
    const found = trees.map(({ span, children }) => [
      span.attributes['url.path'],
      ...children.map((child) => path(child.span.attributes['url.full'])),
    ]);
    expect(found.toSorted()).toEqual(ids.map((id) => [`/${id}`, `/task/${id}`, `/after/${id}`]));
  },
);
