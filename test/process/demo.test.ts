/** `npm run demo`, as somebody sees it who has just cloned the repository. */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { NODE, ROOT } from '../support/run-app.ts';

const demo = join(ROOT, 'examples/demo.mjs');

describe('the demo', () => {
  /** What is printed for each trace: title, request, heading, then a line for each span. */
  let blocks: { title: string; request: string; heading: string; spans: string[] }[];
  let output: string;
  beforeAll(() => {
    // A developer's own settings must not lead the spans elsewhere.
    const env = { ...process.env, COLUMNS: '300', OTEL_TRACES_EXPORTER: 'none', NODE_OPTIONS: '' };
    output = execFileSync(NODE, [demo], { env, encoding: 'utf8', stdio: 'pipe', timeout: 10_000 });
    blocks = output
      .split('\n── ')
      .slice(1)
      .map((block) => {
        const [title, request, heading, ...spans] = block.trim().split('\n');
        return { title, request, heading, spans };
      });
  });

  const block = (request: string) => blocks.find((one) => one.request.startsWith(request))!;
  /** Service and name of the spans, in tree form. */
  const names = (request: string): string[] =>
    block(request).spans.map((line) => line.split(/ +[✗█·]/)[0].trimEnd());

  it('shows one trace for the start and each request', () => {
    expect(blocks.map(({ request }) => request)).toEqual([
      'the orders open their database',
      'POST /orders {"item":"chair","quantity":2} → 201',
      'GET /wishlist → 404',
      'POST /orders {"item":"lamp","quantity":1} → 500',
      'GET /packing/list → 200',
    ]);
    for (const { heading } of blocks) expect(heading).toMatch(/^trace [0-9a-f]{32} · \d+ spans? · \d/);
    expect(new Set(blocks.map(({ heading }) => heading.slice(0, 38))).size).toBe(5);
  });

  it('shows the spans of both services and of the database in one trace', () => {
    expect(names('POST /orders {"item":"chair"')).toEqual([
      'orders POST /orders',
      '├─ orders GET',
      '│  └─ stock GET /items/:id',
      '├─ orders POST',
      '│  └─ stock POST /items/:id/reservations',
      '└─ orders INSERT orders',
    ]);
    expect(block('POST /orders {"item":"chair"').spans.join('\n')).not.toContain('✗');
  });

  it('shows a 404 without a route', () => {
    expect(names('GET /wishlist')).toEqual(['orders GET']);
    expect(block('GET /wishlist').spans[0]).toMatch(/ server {2}404 /);
  });

  it('marks what failed, with the message of what was thrown', () => {
    const { heading, spans } = block('POST /orders {"item":"lamp"');
    expect(heading).toContain('3 spans');
    expect(heading).toContain('2 errors');
    expect(spans.map((line) => line.includes('✗'))).toEqual([true, true, false]);
    expect(spans[0]).toContain('Cannot read properties of undefined');
    expect(spans[2]).toMatch(/^ +└─ stock GET \/items\/:id .* 404 /);
  });

  it('shows where a slow request spends its time: the questions come one after the other', () => {
    const asked = block('GET /packing/list').spans.filter((line) => line.includes('─ orders GET'));
    expect(asked).toHaveLength(3);
    const starts = asked.map((line) => /[·█]{24}/.exec(line)![0].indexOf('█'));
    expect(starts).toEqual(starts.toSorted((a, b) => a - b));
    expect(new Set(starts).size).toBe(3);
  });

  it('shows statements without their values', () => {
    expect(block('the orders open').spans[0]).toMatch(/INSERT INTO orders \(.*\) VALUES \(\?, \?, \?\)/);
    // In the statements alone: ids, ports and durations have digits of their own.
    const statements = output.split('\n').filter((line) => line.includes('  sqlite  '));
    expect(statements.length).toBeGreaterThan(2);
    for (const line of statements)
      expect(line.slice(line.indexOf('  sqlite  '))).not.toMatch(/236|chair|desk/);
  });

  it('runs once more with controls: only what failed is kept, and it tells of the app’s own function, of its customer and of repetition', () => {
    const env = { ...process.env, COLUMNS: '300', OTEL_TRACES_EXPORTER: 'none', NODE_OPTIONS: '' };
    const all = execFileSync(NODE, [demo, '--controls'], {
      env,
      encoding: 'utf8',
      stdio: 'pipe',
      timeout: 20_000,
    });
    const [, controlled] = all.split('The same shop');
    expect(controlled.match(/^── /gm)).toHaveLength(1);
    const lines = controlled.split('\n');
    const tree = lines.filter((line) => /^(?:orders|[├└│ ]+─) /.test(line) || line.includes('─ orders'));
    expect(tree.map((line) => line.split(/ +[✗█·]/)[0].trimEnd())).toEqual([
      'orders GET /packing/labels',
      '├─ orders SELECT orders',
      '├─ orders SELECT orders',
      '├─ orders SELECT orders',
      '├─ orders SELECT orders',
      '└─ orders Warehouse.locate',
      '   └─ orders GET',
    ]);
    expect(tree[0]).toContain('the printer is out of labels');
    expect(lines).toContain('GET /packing/labels: customer = [email]');
    expect(all).not.toContain('jane@example.com');
    const event = lines.slice(lines.indexOf('GET /packing/labels: foretrace.db.repeated'));
    expect(event).toContain('  foretrace.db.repeated = 4');
    expect(event.join('\n')).toMatch(/code\.file\.path = .*examples\/shop\/orders\/server\.js/);
  });

  // The processes are found in /proc.
  it.runIf(process.platform === 'linux').each(['SIGINT', 'SIGTERM'] as const)(
    'takes its services and files with it when it is stopped by %s',
    async (signal) => {
      const folder = mkdtempSync(join(tmpdir(), 'foretrace-demo-test-'));
      const child = spawn(NODE, [demo], { env: { ...process.env, TMPDIR: folder }, stdio: 'ignore' });
      onTestFinished(() => {
        child.kill('SIGKILL');
        rmSync(folder, { recursive: true, force: true });
      });
      const ended = new Promise((resolve) => child.once('exit', resolve));
      const services = await vi.waitFor(() => {
        const [scratch] = readdirSync(folder);
        expect(existsSync(join(folder, scratch, 'orders.db'))).toBe(true);
        return servicesOf(child.pid!);
      }, 10_000);
      expect(services).toHaveLength(2);
      child.kill(signal);
      expect(await ended).toBe(signal === 'SIGINT' ? 130 : 143);
      expect(readdirSync(folder)).toEqual([]);
      await vi.waitFor(() => expect(services.filter(isService)).toEqual([]));
    },
  );
});

/** The `node server.js` below a process. (esbuild, which the demo uses too, has a process of its own.) */
function servicesOf(pid: number): string[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(isService);
}

/** Ended processes that nobody has waited for yet are listed too, without their command line. */
function isService(pid: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('server.js');
  } catch {
    return false;
  }
}
