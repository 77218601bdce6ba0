/** What docs/custom-spans.md shows is what happens. */
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { traceTrees } from '../support/expect-trace.ts';
import { inMatrix } from '../support/libraries.ts';
import type { ReceivedSpan } from '../support/otlp.ts';
import { startReceiver } from '../support/receiver.ts';
import { ROOT, runApp } from '../support/run-app.ts';

const document = readFileSync(join(ROOT, 'docs/custom-spans.md'), 'utf8');
const blocks = [...document.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language, text]) => ({
  language,
  text: text as string,
}));
const [spans, line, on, slow] = blocks.filter(({ language }) => language === 'text').map(({ text }) => text);
const methods = /FORETRACE_METHODS="([^"]*)"/.exec(
  blocks.find(({ language }) => language === 'sh')!.text,
)![1]!;
const words = [...document.matchAll(/FORETRACE_MIDDLEWARE_SPANS=([\w:]+)/g)].map(([, word]) => word);

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'foretrace-docs-')));
beforeAll(() => {
  for (const { language, text } of blocks) {
    const file = /^\/\/ (\S+)\n/.exec(text)?.[1];
    if (language !== 'js' || file === undefined) continue;
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
  writeFileSync(join(folder, 'node_modules/pricing/package.json'), '{"name":"pricing","version":"1.0.0"}');
  symlinkSync(join(ROOT, 'node_modules/express'), join(folder, 'node_modules/express'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A span as the document writes it: without the file, which is the test's own. */
function written({ name, kind, status, attributes }: ReceivedSpan): string {
  const said = Object.entries(attributes).filter(([key]) => key !== 'code.file.path');
  const [own, ...others] = said.map(([key, value]) => `${key}=${String(value)}`);
  return [name.padEnd(12), ` ${kind}`, own, ...(status.code === 'ERROR' ? ['ERROR', ...others] : [])].join(
    '  ',
  );
}

describe.skipIf(inMatrix)('docs/custom-spans.md', () => {
  it('shows the spans of named functions', async () => {
    const receiver = await startReceiver();
    const app = { file: join(folder, 'app.js'), cwd: folder, receiver };
    const exit = await runApp({ ...app, env: { FORETRACE_METHODS: methods } }).exited;
    expect(exit).toMatchObject({ code: 0, stdout: 'informed of a chair 42\nspam\n', stderr: '' });
    const received = receiver
      .spans()
      .toSorted((one, other) => Number(one.startTimeUnixNano - other.startTimeUnixNano));
    expect(received.map(written).join('\n')).toBe(spans?.trimEnd());
    await receiver.close();
  });

  it('shows the line of a target that is not there', async () => {
    const receiver = await startReceiver();
    const env = { FORETRACE_METHODS: './lib/reviews.js#informEditor' };
    const { stderr } = await runApp({ file: join(folder, 'app.js'), cwd: folder, receiver, env }).exited;
    expect(stderr).toBe(line);
    await receiver.close();
  });

  it.each([
    [words[0], on],
    [words[1], slow],
  ])('shows the spans of a request with %s', async (wanted, expected) => {
    const receiver = await startReceiver();
    const env = { FORETRACE_MIDDLEWARE_SPANS: wanted };
    const app = runApp({ file: join(folder, 'shop.js'), cwd: folder, receiver, env });
    expect(await (await fetch(await app.url('/items/1'))).text()).toBe('a chair');
    await receiver.waitFor(expected!.trim().split('\n').length);
    const [root] = traceTrees(receiver.spans());
    const lines = [root!.span.name, ...root!.children.map(({ span }) => `  ${span.name}`)];
    expect(`${lines.join('\n')}\n`).toBe(expected);
    await app.stop();
    await receiver.close();
  });
});
