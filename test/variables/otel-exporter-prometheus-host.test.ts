import { networkInterfaces } from 'node:os';
import { describe, expect, it } from 'vitest';
import { inMatrix } from '../support/libraries.ts';
import { scrape } from '../support/prometheus.ts';
import { type App, runApp } from '../support/run-app.ts';
import { unusedPort } from '../support/unused-port.ts';

function start(port: number, host: string | undefined): App {
  return runApp({
    eval: 'process.stdin.resume()',
    stdin: true,
    env: {
      OTEL_METRICS_EXPORTER: 'prometheus',
      OTEL_TRACES_EXPORTER: 'none',
      OTEL_EXPORTER_PROMETHEUS_HOST: host,
      OTEL_EXPORTER_PROMETHEUS_PORT: String(port),
    },
  });
}

const interfaces = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
/** One that other machines would use. */
const outer = interfaces.find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
const hasIpv6 = interfaces.some(({ address }) => address === '::1');

async function answers(address: string, port: number): Promise<boolean> {
  try {
    return (await fetch(`http://${address}:${port}/metrics`)).ok;
  } catch {
    return false;
  }
}

describe.skipIf(inMatrix)('OTEL_EXPORTER_PROMETHEUS_HOST', () => {
  it('is this machine alone when unset, by both addresses of its name', async () => {
    const port = await unusedPort();
    const app = start(port, undefined);
    await scrape(port);
    if (hasIpv6) expect(await answers('[::1]', port)).toBe(true);
    if (outer !== undefined) expect(await answers(outer, port)).toBe(false);
    expect((await app.stop()).stderr).toBe('');
  });

  it('0.0.0.0 is every address of the machine', async () => {
    const port = await unusedPort();
    const app = start(port, '0.0.0.0');
    await scrape(port);
    if (outer !== undefined) expect(await answers(outer, port)).toBe(true);
    expect((await app.stop()).stderr).toBe('');
  });

  it.each([
    // Of a block that is for documentation, so nobody has it.
    ['192.0.2.1', 'EADDRNOTAVAIL'],
    ['no.such.host.invalid', /^(ENOTFOUND|EAI_AGAIN)$/],
  ])('%s, which is not of this machine, is worth one line', async (host, code) => {
    const port = await unusedPort();
    const app = start(port, host);
    await new Promise((resolve) => {
      app.child.stderr!.once('data', resolve);
    });
    app.child.stdin!.end();
    const { code: exitCode, stderr } = await app.exited;
    expect(exitCode).toBe(0);
    const [, where, why] = /^foretrace: cannot serve metrics for Prometheus at (\S+): (\S+)\n$/.exec(stderr)!;
    expect(where).toBe(`http://${host}:${port}/metrics`);
    expect(why).toMatch(code);
  });
});
