/** `scripts/transparency.mjs` on small suites: a checkout is a folder with a package.json, the agent the one that is built. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ROOT } from '../support/run-app.ts';

const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

const REQUEST = `
  test('answers', async () => {
    const server = http.createServer((request, response) => response.end(request.headers.traceparent));
    await new Promise((done) => server.listen(0, '127.0.0.1', done));
    const response = await fetch('http://127.0.0.1:' + server.address().port);
    server.close();
    assert.equal(await response.text(), '');
  });`;

/** Runs the script on a suite of these tests. */
async function transparency(
  tests: string,
  ...options: string[]
): Promise<{ code: number; stdout: string; stderr: string; checkout: string }> {
  const checkout = mkdtempSync(join(tmpdir(), 'suite-'));
  folders.push(checkout);
  writeFileSync(join(checkout, 'package.json'), '{ "name": "small", "version": "1.2.3" }');
  const head =
    "const test = require('node:test'); const http = require('node:http'); const assert = require('node:assert');";
  writeFileSync(join(checkout, 'suite.test.js'), `${head}\n${tests}`);
  const command = [process.execPath, '--test', '--test-reporter=tap', 'suite.test.js'];
  const child = spawn(process.execPath, [
    join(ROOT, 'scripts/transparency.mjs'),
    ...options.map((option) => option.replace('CHECKOUT', checkout)),
    checkout,
    '--',
    ...command,
  ]);
  const text = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (data) => (text.stdout += data));
  child.stderr.setEncoding('utf8').on('data', (data) => (text.stderr += data));
  const code = await new Promise<number>((done) => child.on('close', done));
  return { code, checkout, ...text };
}

describe('the comparison of a suite', () => {
  it.concurrent('finds nothing where the app cannot tell', async () => {
    const { code, stdout } = await transparency(REQUEST);
    expect(stdout).toContain('| small | 1.2.3 | 1 | 1 | 0 | 0 | 0 | identical |');
    expect(stdout).toMatch(/exported: [1-9]\d* requests, [1-9]\d* bytes/);
    expect(code).toBe(0);
  });

  it.concurrent('names the test that can tell, and ends with 1', async () => {
    const { code, stdout, checkout } = await transparency(
      `${REQUEST}
      test('has no options', () => assert.equal(process.env.NODE_OPTIONS, undefined));`,
      '--out',
      'CHECKOUT/out.json',
    );
    expect(stdout).toContain(
      '| small | 1.2.3 | 2 | 2 | 0 | 0 | 0 | 1 differ |\n  ok → not ok: has no options',
    );
    expect(code).toBe(1);
    expect(JSON.parse(readFileSync(join(checkout, 'out.json'), 'utf8')).differ).toEqual([
      { title: 'has no options', without: 'ok', with: 'not ok' },
    ]);
  });

  it.concurrent.each([
    ['no `traceparent`, which suites would see', [], 'identical'],
    ['one with --propagate', ['--propagate'], '1 differ'],
  ])('sends %s', async (_, options, result) => {
    const { stdout } = await transparency(REQUEST, ...options);
    expect(stdout).toContain(`| ${result} |`);
  });

  it.concurrent('is worth nothing where the agent was not there', async () => {
    const { code, stderr } = await transparency("test('adds', () => assert.equal(1 + 1, 2));");
    expect(stderr).toContain('the agent was not there');
    expect(code).toBe(1);
  });
});
