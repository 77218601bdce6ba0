/** Real Redis servers for what one alone can't show: a cluster of three, and a master with a sentinel. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const HOST = '127.0.0.1';
const SLOTS = 16_384;
/** How long servers may take to start and to find each other; a cluster of three takes 1 to 3 s. */
const START_MS = 20_000;

/** Why there can't be servers, to be appended to a title in brackets; undefined if `redis-server` is there. */
export function noRedisServer(): string | undefined {
  const { error } = spawnSync('redis-server', ['--version'], { stdio: 'ignore' });
  return error && `no redis-server on PATH (${(error as NodeJS.ErrnoException).code})`;
}

/** Runs one command, given as a line, on a server of its own connection. */
async function ask(port: number, line: string): Promise<string> {
  const socket = connect(port, HOST);
  let text = '';
  try {
    socket.end(`${line}\r\n`);
    for await (const chunk of socket) text += chunk;
  } finally {
    socket.destroy();
  }
  const reply = text.trim();
  if (reply.startsWith('-')) throw new Error(`${line.slice(0, 80)}: ${reply}`);
  return reply;
}

/** Nothing tells when a server has come up or a cluster agreed: asks until it has. */
async function until(what: string, ready: () => Promise<boolean>): Promise<void> {
  const limit = Date.now() + START_MS;
  while (!(await ready().catch(() => false))) {
    if (Date.now() > limit) throw new Error(`waited ${START_MS} ms for ${what}`);
    await pause(50);
  }
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, HOST);
      await once(server, 'listening');
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  for (const server of servers) server.close();
  return ports;
}

interface Servers {
  folder: string;
  start(port: number, args: string[]): Promise<void>;
  stop(): Promise<void>;
}

function servers(): Servers {
  const folder = mkdtempSync(join(tmpdir(), 'foretrace-redis-'));
  const running: ChildProcess[] = [];
  return {
    folder,
    async start(port, args) {
      running.push(spawn('redis-server', args, { cwd: folder, stdio: 'ignore' }));
      await until(`redis-server on ${port}`, async () => (await ask(port, 'PING')) === '+PONG');
    },
    async stop() {
      for (const child of running) {
        if (child.exitCode !== null) continue;
        const exited = once(child, 'exit');
        child.kill('SIGKILL');
        await exited;
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const options = (port: number, more: string[]): string[] =>
  ['--port', String(port), '--bind', HOST, '--save', '', '--appendonly', 'no'].concat(more);

export interface RedisCluster {
  ports: number[];
  /** The port of the node that serves a key. */
  ownerOf(key: string): Promise<number>;
  /** Gives the slot of a key that has no value to the next node, which clients are told by `MOVED`; resolves with its port. */
  move(key: string): Promise<number>;
  /** Begins to do so, of which clients are told by `ASK`; resolves with the next node's port. */
  startMoving(key: string): Promise<number>;
  stop(): Promise<void>;
}

/** Starts three nodes that share the slots. */
export async function startRedisCluster(): Promise<RedisCluster> {
  const { start, stop } = servers();
  try {
    const free = await freePorts(6);
    const ports = free.slice(0, 3);
    const share = Math.ceil(SLOTS / 3);
    /** Slot by slot, where it is. */
    const owners = Array.from({ length: SLOTS }, (_, slot) => ports[Math.floor(slot / share)]);
    for (const [index, port] of ports.entries()) {
      const files = ['--cluster-enabled', 'yes', '--cluster-config-file', `nodes-${port}.conf`];
      await start(port, options(port, [...files, '--cluster-port', String(free[3 + index])]));
      await ask(port, `CLUSTER SET-CONFIG-EPOCH ${index + 1}`);
      const slots = [...owners.keys()].filter((slot) => owners[slot] === port);
      await ask(port, `CLUSTER ADDSLOTS ${slots.join(' ')}`);
      if (index > 0) await ask(port, `CLUSTER MEET ${HOST} ${ports[0]} ${free[3]}`);
    }
    for (const port of ports) {
      await until('the cluster', async () => {
        const info = await ask(port, 'CLUSTER INFO');
        return info.includes('cluster_state:ok') && info.includes('cluster_known_nodes:3');
      });
    }
    const bulk = (reply: string): string => reply.split('\r\n')[1];
    const slotOf = async (key: string): Promise<number> =>
      Number((await ask(ports[0], `CLUSTER KEYSLOT ${key}`)).slice(1));
    const idOf = async (port: number): Promise<string> => bulk(await ask(port, 'CLUSTER MYID'));
    const next = (port: number): number => ports[(ports.indexOf(port) + 1) % ports.length];
    return {
      ports,
      ownerOf: async (key) => owners[await slotOf(key)],
      async move(key) {
        const slot = await slotOf(key);
        const to = next(owners[slot]);
        const id = await idOf(to);
        // The new owner first: it raises its epoch, and the others believe it.
        for (const port of [to, ...ports.filter((other) => other !== to)]) {
          await ask(port, `CLUSTER SETSLOT ${slot} NODE ${id}`);
        }
        owners[slot] = to;
        return to;
      },
      async startMoving(key) {
        const slot = await slotOf(key);
        const from = owners[slot];
        const to = next(from);
        await ask(to, `CLUSTER SETSLOT ${slot} IMPORTING ${await idOf(from)}`);
        await ask(from, `CLUSTER SETSLOT ${slot} MIGRATING ${await idOf(to)}`);
        return to;
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

export interface RedisSentinel {
  /** Where the sentinel is. */
  port: number;
  /** The name that it knows the master by. */
  name: string;
  masterPort: number;
  stop(): Promise<void>;
}

/** Starts a master, and a sentinel that knows it. */
export async function startRedisSentinel(): Promise<RedisSentinel> {
  const { folder, start, stop } = servers();
  const name = 'kit';
  try {
    const [port, masterPort] = await freePorts(2);
    await start(masterPort, options(masterPort, []));
    const file = join(folder, 'sentinel.conf');
    writeFileSync(file, `port ${port}\nbind ${HOST}\nsentinel monitor ${name} ${HOST} ${masterPort} 1\n`);
    await start(port, [file, '--sentinel']);
    return { port, name, masterPort, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
