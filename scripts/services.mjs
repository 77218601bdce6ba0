// Makes PostgreSQL, MariaDB, Redis, Memcached and RabbitMQ reachable for the tests: `npm run services`, or ensureServices() from another
// script.
//
// A reachable server is used as it is (127.0.0.1 and the standard ports; PG*, MYSQL_*, REDIS_URL, MEMCACHED_URL and AMQP_URL override).
// Otherwise the first of these that works: start installed binaries with their data in a temporary folder, install Debian's
// packages (as root on Debian) and start those, `docker compose`.
import { spawn, spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * One row for each service: where it is, how to see that it is there, how to start its binary.
 * `address(env)` is where clients look; `env(address)` is the environment that sends them there.
 */
const SERVICES = {
  postgresql: {
    address: (env) => ({ host: env.PGHOST || '127.0.0.1', port: Number(env.PGPORT || 5432) }),
    env: ({ host, port }) => ({
      PGHOST: host,
      PGPORT: String(port),
      PGUSER: process.env.PGUSER || 'postgres',
      PGDATABASE: process.env.PGDATABASE || 'postgres',
    }),
    probe: probePostgres,
    binaries: ['postgres', 'initdb'],
    folders: () =>
      versioned('/usr/lib/postgresql').concat('/usr/local/pgsql/bin', '/opt/homebrew/opt/postgresql/bin'),
    user: 'postgres', // PostgreSQL refuses to run as root.
    prepare: ({ initdb }, folder) => [
      initdb,
      [
        '-D',
        join(folder, 'data'),
        '-U',
        process.env.PGUSER || 'postgres',
        '-A',
        'trust',
        '-E',
        'UTF8',
        '--no-sync',
      ],
    ],
    start: ({ postgres }, folder, port) => [
      postgres,
      [
        '-D',
        join(folder, 'data'),
        '-p',
        String(port),
        '-k',
        folder,
        '-c',
        'listen_addresses=127.0.0.1',
        '-c',
        'fsync=off',
      ],
    ],
    debian: 'postgresql',
  },
  mariadb: {
    address: (env) => ({ host: env.MYSQL_HOST || '127.0.0.1', port: Number(env.MYSQL_PORT || 3306) }),
    env: ({ host, port }) => ({
      MYSQL_HOST: host,
      MYSQL_PORT: String(port),
      MYSQL_USER: process.env.MYSQL_USER || 'root',
      MYSQL_PASSWORD: process.env.MYSQL_PASSWORD || '',
      MYSQL_DATABASE: process.env.MYSQL_DATABASE || 'test',
    }),
    probe: probeMariadb,
    binaries: ['mariadbd', 'mariadb-install-db'],
    folders: () => ['/usr/sbin', '/opt/homebrew/opt/mariadb/bin'],
    user: 'mysql', // MariaDB refuses to run as root.
    prepare: (binary, folder) => [
      binary['mariadb-install-db'],
      ['--no-defaults', `--datadir=${join(folder, 'data')}`, '--auth-root-authentication-method=normal'],
    ],
    start: ({ mariadbd }, folder, port) => [
      mariadbd,
      [
        '--no-defaults',
        `--datadir=${join(folder, 'data')}`,
        `--socket=${join(folder, 'socket')}`,
        '--bind-address=127.0.0.1',
        `--port=${port}`,
        '--innodb-flush-log-at-trx-commit=0',
      ],
    ],
    stopSignal: 'SIGTERM', // SIGINT is blocked.
    debian: 'mariadb-server',
  },
  redis: {
    address: (env) => {
      const url = new URL(env.REDIS_URL || 'redis://127.0.0.1:6379');
      return { host: url.hostname, port: Number(url.port || 6379) };
    },
    env: ({ host, port }) => {
      const url = new URL(process.env.REDIS_URL || 'redis://127.0.0.1');
      url.hostname = host;
      url.port = String(port);
      return { REDIS_URL: url.href };
    },
    probe: probeRedis,
    binaries: ['redis-server'],
    folders: () => ['/opt/homebrew/bin'],
    start: (binary, folder, port) => [
      binary['redis-server'],
      ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'no'],
    ],
    debian: 'redis-server',
  },
  memcached: {
    address: (env) => {
      const url = new URL(env.MEMCACHED_URL || 'memcached://127.0.0.1:11211');
      return { host: url.hostname, port: Number(url.port || 11211) };
    },
    env: ({ host, port }) => ({ MEMCACHED_URL: `memcached://${host}:${port}` }),
    probe: probeMemcached,
    binaries: ['memcached'],
    folders: () => ['/usr/local/bin', '/opt/homebrew/bin'],
    user: 'memcache', // Memcached refuses to run as root.
    start: ({ memcached }, folder, port) => [memcached, ['-l', '127.0.0.1', '-p', String(port), '-m', '64']],
    debian: 'memcached',
  },
  rabbitmq: {
    address: (env) => {
      const url = new URL(env.AMQP_URL || 'amqp://127.0.0.1:5672');
      return { host: url.hostname, port: Number(url.port || 5672) };
    },
    env: ({ host, port }) => {
      const url = new URL(process.env.AMQP_URL || 'amqp://127.0.0.1');
      url.hostname = host;
      url.port = String(port);
      return { AMQP_URL: url.href };
    },
    probe: probeRabbitmq,
    binaries: ['rabbitmq-server'],
    folders: () => ['/usr/lib/rabbitmq/bin', '/opt/homebrew/opt/rabbitmq/sbin'],
    // What Debian has in the PATH is a wrapper that passes on no signal and writes to the log of the machine's own server.
    foldersFirst: true,
    user: 'rabbitmq',
    start: (binary) => [binary['rabbitmq-server'], []],
    // Its whole configuration is variables. Names and ports of its own, beside another RabbitMQ of the same machine.
    variables: async (folder, port) => ({
      HOME: folder, // Erlang keeps a cookie there.
      RABBITMQ_NODENAME: `foretrace-${port}@localhost`,
      RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
      RABBITMQ_NODE_PORT: String(port),
      RABBITMQ_DIST_PORT: String(await freePort()), // Otherwise the port and 20000 more, which may be beyond the last.
      RABBITMQ_MNESIA_BASE: join(folder, 'data'),
      RABBITMQ_LOG_BASE: join(folder, 'logs'),
      RABBITMQ_CONFIG_FILE: join(folder, 'none'),
      RABBITMQ_CONF_ENV_FILE: join(folder, 'none'),
      RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'plugins'),
      RABBITMQ_PID_FILE: join(folder, 'pid'),
    }),
    stopSignal: 'SIGTERM',
    debian: 'rabbitmq-server',
  },
};

/**
 * Why a service can't be used, or `undefined` when it can.
 * @param {keyof typeof SERVICES} name
 * @param {Record<string, string | undefined>} env
 */
export async function whyUnreachable(name, env = process.env) {
  const { host, port } = SERVICES[name].address(env);
  try {
    await SERVICES[name].probe(host, port);
    return undefined;
  } catch (error) {
    return `no ${name} at ${host}:${port} (${error.code || error.message || 'no answer'})`;
  }
}

/**
 * Makes the services reachable.
 * @returns `env`: variables for clients; `missing`: what could not be had and why; `stop()`: ends what was started here.
 */
export async function ensureServices(names = Object.keys(SERVICES), { log = console.log } = {}) {
  const env = {};
  const missing = [];
  const started = [];
  for (const name of names) {
    const service = SERVICES[name];
    const address = service.address(process.env);
    const why = await whyUnreachable(name);
    if (!why) {
      log(`${name}: using the one at ${address.host}:${address.port}`);
      Object.assign(env, service.env(address));
      continue;
    }
    log(`${name}: ${why}`);
    const reasons = [];
    const ways = [startBinaries, installAndStart, startContainer];
    for (const way of ways) {
      try {
        const running = await way(name, address.port, log);
        Object.assign(env, service.env(running));
        started.push(running);
        break;
      } catch (error) {
        reasons.push(error.message);
      }
    }
    if (reasons.length === ways.length) {
      missing.push({ name, reason: [why, ...reasons].join('; ') });
      log(`${name}: not available: ${reasons.join('; ')}`);
    }
  }
  return {
    env,
    missing,
    started: started.map(({ pid }) => pid).filter(Boolean),
    stop: () => Promise.all(started.map((running) => running.stop())),
  };
}

async function startBinaries(name, wantedPort, log) {
  const service = SERVICES[name];
  const found = {};
  for (const binary of service.binaries) {
    found[binary] = findBinary(binary, service);
    if (!found[binary]) throw new Error(`${binary} is not installed`);
  }
  const port = (await isFree(wantedPort)) ? wantedPort : await freePort();
  const folder = mkdtempSync(join(tmpdir(), `foretrace-${name}-`));
  const owner = process.getuid?.() === 0 && service.user ? idsOf(service.user) : {};
  if (owner.uid !== undefined) chownSync(folder, owner.uid, owner.gid);
  const variables = await service.variables?.(folder, port);
  const options = { cwd: folder, ...owner, env: { ...process.env, ...variables } };
  if (service.prepare) {
    const [file, args] = service.prepare(found, folder);
    const { status, stderr, error } = spawnSync(file, args, { ...options, encoding: 'utf8' });
    if (status !== 0) throw new Error(`${file} failed: ${error?.message ?? stderr.trim()}`);
  }
  const [file, args] = service.start(found, folder, port);
  const output = openSync(join(folder, 'log'), 'w');
  // Detached: `npm run services` leaves the servers running for the tests that follow.
  const child = spawn(file, args, { ...options, detached: true, stdio: ['ignore', output, output] });
  let ended;
  child.once('error', (error) => (ended = error.message));
  child.once(
    'exit',
    (code) => (ended = `ended with ${code}: ${readFileSync(join(folder, 'log'), 'utf8').trim()}`),
  );
  for (let tries = 0; ; tries++) {
    const why = await whyUnreachable(name, service.env({ host: '127.0.0.1', port }));
    if (!why) break;
    if (ended || tries === 300) throw new Error(`${file} ${ended ?? `did not start: ${why}`}`);
    await sleep(100);
  }
  child.unref();
  log(`${name}: started ${file} on port ${port}, process ${child.pid}, data in ${folder}`);
  return {
    host: '127.0.0.1',
    port,
    pid: child.pid,
    async stop() {
      if (!ended) {
        const exited = new Promise((resolve) => child.once('exit', resolve));
        // PostgreSQL: SIGINT is the "fast" shutdown, SIGTERM would wait for clients.
        child.ref();
        child.kill(service.stopSignal ?? 'SIGINT');
        await exited;
      }
      rmSync(folder, { recursive: true, force: true });
      log(`${name}: stopped process ${child.pid}`);
    },
  };
}

async function installAndStart(name, port, log) {
  if (!existsSync('/etc/debian_version')) throw new Error('this is not Debian');
  if (process.getuid?.() !== 0) throw new Error('installing packages needs root');
  const packageName = SERVICES[name].debian;
  log(`${name}: installing Debian's ${packageName}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  for (const args of [
    ['update', '-q'],
    ['install', '-q', '-y', '--no-install-recommends', packageName],
  ]) {
    const { status, stderr, error } = spawnSync('apt-get', args, { env, encoding: 'utf8' });
    if (status !== 0)
      throw new Error(`apt-get ${args[0]} failed: ${error?.message ?? stderr.trim().split('\n').at(-1)}`);
  }
  return startBinaries(name, port, log);
}

async function startContainer(name, port, log) {
  const engine = spawnSync('docker', ['info'], { stdio: 'ignore', timeout: 10_000 });
  if (engine.status !== 0) throw new Error('no Docker engine runs');
  const target = (await isFree(port)) ? port : await freePort();
  const variable = {
    postgresql: 'PGPORT',
    mariadb: 'MYSQL_PORT',
    redis: 'REDIS_PORT',
    memcached: 'MEMCACHED_PORT',
    rabbitmq: 'AMQP_PORT',
  }[name];
  const compose = (...args) =>
    spawnSync('docker', ['compose', ...args], {
      cwd: root,
      env: { ...process.env, [variable]: String(target) },
      encoding: 'utf8',
    });
  const { status, stderr } = compose('up', '--detach', '--wait', name);
  if (status !== 0) throw new Error(`docker compose failed: ${stderr.trim().split('\n').at(-1)}`);
  log(`${name}: started with docker compose on port ${target}`);
  return {
    host: '127.0.0.1',
    port: target,
    async stop() {
      compose('rm', '--stop', '--force', name);
    },
  };
}

function findBinary(name, { folders, foldersFirst = false }) {
  const file = process.platform === 'win32' ? `${name}.exe` : name;
  const path = (process.env.PATH ?? '').split(delimiter);
  return (foldersFirst ? [...folders(), ...path] : [...path, ...folders()])
    .map((folder) => join(folder, file))
    .find((path) => existsSync(path));
}

/** `/usr/lib/postgresql/<major>/bin`, newest first. */
function versioned(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => join(folder, version, 'bin'));
}

/** The ids to run as: those of the service's own account, or `nobody` where the package made none. */
function idsOf(user) {
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const row = [user, 'nobody'].map((name) => accounts.find(([account]) => account === name)).find(Boolean);
  return row ? { uid: Number(row[2]), gid: Number(row[3]) } : {};
}

function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer()
      .once('error', () => resolve(false))
      .listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/**
 * Sends bytes, at once or after the server's greeting, and resolves with the first bytes of the answer. `hello` is what a server
 * wants before it greets.
 */
function ask(host, port, bytes, { hello, after = hello !== undefined } = {}) {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, timeout: 2000 }, () => {
      if (!after) socket.write(bytes);
      else if (hello !== undefined) socket.write(hello);
    });
    const answered = (data) => {
      socket.destroy();
      resolve(data);
    };
    socket.once('data', (data) => {
      if (!after) answered(data);
      else socket.write(bytes, () => socket.once('data', answered));
    });
    socket.once('timeout', () => socket.destroy(new Error('no answer in 2 s')));
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('connection closed')));
  });
}

async function probePostgres(host, port) {
  // Only a query shows that the server also lets us in.
  const { default: pg } = await import('pg');
  const client = new pg.Client({
    host,
    port,
    user: process.env.PGUSER || 'postgres',
    database: process.env.PGDATABASE || 'postgres',
    connectionTimeoutMillis: 2000,
  });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('SELECT 1');
  } finally {
    await client.end().catch(() => {});
  }
}

/** Logs in, where no password is needed; the greeting alone does not show that the server lets us in. */
async function probeMariadb(host, port) {
  const user = process.env.MYSQL_USER || 'root';
  const database = process.env.MYSQL_DATABASE || 'test';
  // Protocol 4.1 with a database, packets up to 16 MB, utf8mb4.
  const flags = Buffer.from([0x08, 0x82, 0, 0, 0, 0, 0, 1, 45]);
  const login = Buffer.concat([flags, Buffer.alloc(23), Buffer.from(`${user}\0\0${database}\0`)]);
  const answer = await ask(host, port, Buffer.concat([Buffer.from([login.length, 0, 0, 1]), login]), {
    after: true,
  });
  if (answer[4] === 0xff && !process.env.MYSQL_PASSWORD) throw new Error(answer.subarray(13).toString());
}

async function probeRedis(host, port) {
  const url = new URL(process.env.REDIS_URL || 'redis://127.0.0.1');
  const login = url.password
    ? `AUTH ${decodeURIComponent(url.username)} ${decodeURIComponent(url.password)}`.replace(
        'AUTH  ',
        'AUTH ',
      )
    : 'PING';
  const answer = String(await ask(host, port, `${login}\r\n`));
  if (!/^\+(PONG|OK)/.test(answer)) throw new Error(answer.trim());
}

async function probeMemcached(host, port) {
  const answer = String(await ask(host, port, 'version\r\n'));
  if (!answer.startsWith('VERSION')) throw new Error(answer.trim());
}

/** Logs in by AMQP 0-9-1; who may not is not answered by Connection.Tune. */
async function probeRabbitmq(host, port) {
  const url = new URL(process.env.AMQP_URL || 'amqp://guest:guest@127.0.0.1');
  const login = `\0${decodeURIComponent(url.username || 'guest')}\0${decodeURIComponent(url.password || 'guest')}`;
  const text = (value, size) => Buffer.concat([length(value, size), Buffer.from(value)]);
  const length = (value, size) => {
    const bytes = Buffer.alloc(size);
    bytes.writeUIntBE(Buffer.byteLength(value), 0, size);
    return bytes;
  };
  // Connection.StartOk: no properties of the client, mechanism, login, locale.
  const startOk = Buffer.concat([
    Buffer.from([0, 10, 0, 11, 0, 0, 0, 0]),
    text('PLAIN', 1),
    text(login, 4),
    text('en_US', 1),
  ]);
  const frame = Buffer.concat([Buffer.from([1, 0, 0]), length(startOk, 4), startOk, Buffer.from([0xce])]);
  const answer = await ask(host, port, frame, { hello: Buffer.from('AMQP\0\0\x09\x01') });
  if (answer.readUInt16BE(7) !== 10 || answer.readUInt16BE(9) !== 30) throw new Error('login refused');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const names = process.argv.slice(2);
  const { env, missing, started } = await ensureServices(names.length > 0 ? names : undefined);
  for (const [name, value] of Object.entries(env)) console.log(`export ${name}=${value}`);
  if (started.length > 0) console.log(`stop with: kill -INT ${started.join(' ')}`);
  if (missing.length > 0) process.exitCode = 1;
}
