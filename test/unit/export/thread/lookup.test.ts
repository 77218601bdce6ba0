import { createSocket } from 'node:dgram';
import type { lookup as systemLookup } from 'node:dns';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { candidates, createLookup, type NameService } from '../../../../src/export/thread/lookup.ts';

/** A nameserver on loopback. It answers each A question with what `answer` says: an address, `undefined` = no such name, `null` = nothing. */
async function nameserver(answer: (name: string) => string | null | undefined) {
  const asked: string[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (query, from) => {
    const labels: string[] = [];
    let at = 12;
    for (let length = query[at]!; length > 0; length = query[at]!) {
      labels.push(query.subarray(at + 1, at + 1 + length).toString());
      at += length + 1;
    }
    const type = query.readUInt16BE(at + 1);
    const name = labels.join('.').toLowerCase();
    if (type === 1) asked.push(name);
    const address = answer(name);
    if (address === null) return;
    const question = query.subarray(12, at + 5);
    const has = type === 1 && address !== undefined;
    const head = Buffer.alloc(12);
    query.copy(head, 0, 0, 2);
    head.writeUInt16BE(address === undefined ? 0x8183 : 0x8180, 2);
    head.writeUInt16BE(1, 4);
    head.writeUInt16BE(has ? 1 : 0, 6);
    const record = has
      ? Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...address.split('.').map(Number)])
      : Buffer.alloc(0);
    socket.send(Buffer.concat([head, question, record]), from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const { port } = socket.address() as AddressInfo;
  return { asked, server: `127.0.0.1:${port}`, close: () => socket.close() };
}

function service(
  server: string,
  more: Partial<NameService> = {},
): NameService & { system: any; calls: string[] } {
  const calls: string[] = [];
  return {
    calls,
    hosts: () => '127.0.0.1 localhost\n10.0.0.9 Collector-In-Hosts # not this\n',
    resolvConf: () => 'nameserver 127.0.0.1\n',
    servers: [server],
    system: ((name: string, _options: object, callback: (error: null, addresses: object[]) => void) => {
      calls.push(name);
      callback(null, [{ address: '10.9.9.9', family: 4 }]);
    }) as unknown as typeof systemLookup,
    ...more,
  };
}

type Find = (name: string, options?: object) => Promise<unknown>;
function finder(from: NameService): Find {
  const lookup = promisify(createLookup(from)) as (name: string, options: object) => Promise<unknown>;
  return (name, options = { all: true }) => lookup(name, options);
}
const v4 = (address: string): object[] => [{ address, family: 4 }];

describe('a look-up for the collector', () => {
  test('knows the hosts file, which no nameserver is asked for', async () => {
    const silent = await nameserver(() => null);
    const names = service(silent.server);
    expect(await finder(names)('collector-in-hosts')).toEqual(v4('10.0.0.9'));
    expect([silent.asked, names.calls]).toEqual([[], []]);
    silent.close();
  });

  test('asks the nameservers and keeps the answer; look-ups at the same time are one', async () => {
    const dns = await nameserver(() => '10.1.2.3');
    const find = finder(service(dns.server));
    const found = await Promise.all([find('collector.test'), find('collector.test'), find('COLLECTOR.test')]);
    expect(found).toEqual([v4('10.1.2.3'), v4('10.1.2.3'), v4('10.1.2.3')]);
    expect(await find('collector.test')).toEqual(v4('10.1.2.3'));
    expect(await find('collector.test', { family: 4 })).toBe('10.1.2.3');
    expect(dns.asked).toEqual(['collector.test']);
    await expect(find('collector.test', { all: true, family: 6 })).rejects.toMatchObject({
      code: 'ENOTFOUND',
    });
    dns.close();
  });

  test('of a silent nameserver fails, and never reaches getaddrinfo', async () => {
    const silent = await nameserver(() => null);
    const names = service(silent.server);
    const find = finder(names);
    await Promise.all(
      [1, 2, 3].map(() =>
        expect(find('collector.test')).rejects.toMatchObject({
          code: expect.stringMatching(/ETIMEOUT|ECANCELLED/),
        }),
      ),
    );
    expect(names.calls).toEqual([]);
    silent.close();
  }, 15_000);

  test('follows the search list before the public name, as the system does', async () => {
    const dns = await nameserver((name) =>
      name === 'collector.dev.svc.cluster.local'
        ? '10.0.0.1'
        : name === 'collector.dev'
          ? '6.6.6.6'
          : undefined,
    );
    const names = service(dns.server, {
      resolvConf: () => 'search default.svc.cluster.local svc.cluster.local\noptions edns0 ndots:5\n',
    });
    expect(await finder(names)('collector.dev')).toEqual(v4('10.0.0.1'));
    expect(dns.asked).toEqual(['collector.dev.default.svc.cluster.local', 'collector.dev.svc.cluster.local']);
    dns.close();
  });

  test('takes what only the system knows from getaddrinfo, one at a time', async () => {
    const dns = await nameserver(() => undefined);
    let open = 0;
    let most = 0;
    const names = service(dns.server, {
      system: ((_name: string, _options: object, callback: (error: null, addresses: object[]) => void) => {
        most = Math.max(most, ++open);
        setImmediate(() => {
          open--;
          callback(null, v4('10.9.9.9'));
        });
      }) as unknown as typeof systemLookup,
    });
    const find = finder(names);
    expect(await Promise.all([find('printer.local'), find('other.local')])).toEqual([
      v4('10.9.9.9'),
      v4('10.9.9.9'),
    ]);
    expect(most).toBe(1);
    dns.close();
  });
});

test.each<[string, string, string[]]>([
  ['', 'a', ['a']],
  ['search x.test', 'a', ['a.x.test', 'a']],
  ['search x.test', 'a.b', ['a.b', 'a.b.x.test']],
  ['domain y.test # z', 'a', ['a.y.test', 'a']],
  ['search x.test\noptions ndots:2', 'a.b', ['a.b.x.test', 'a.b']],
  ['search x.test', 'a.', ['a.']],
])('resolv.conf %j makes of %s: %j', (conf, name, expected) => {
  expect(candidates(conf, name)).toEqual(expected);
});
