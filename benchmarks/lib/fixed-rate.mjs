// A load generator with a fixed rate: node fixed-rate.mjs <url> <requests per second> <seconds> <connections>.
// Requests fall due on a clock, whatever the server does, and latency counts from that moment: a server that stalls is
// charged for all the requests that would have come meanwhile (closed-loop generators wait with it and miss them).
import { connect } from 'node:net';
import { percentile } from './stats.mjs';

const url = new URL(process.argv[2]);
const [rate, seconds, connections] = process.argv.slice(3).map(Number);
const intervalMs = 1000 / rate;
const request = Buffer.from(`GET ${url.pathname} HTTP/1.1\r\nhost: ${url.host}\r\n\r\n`);

const idle = [];
const due = [];
let next = 0; // index into `due` of the first request not yet sent
const latencies = [];
let failed = 0;
let completed = 0;

function send(socket, dueAt) {
  socket.dueAt = dueAt;
  socket.write(request);
}

/** Bytes of the whole response, or 0 while its head is incomplete. */
function responseLength(bytes) {
  const end = bytes.indexOf('\r\n\r\n');
  if (end === -1) return 0;
  const head = bytes.latin1Slice(0, end);
  if (!head.startsWith('HTTP/1.1 200')) failed++;
  const length = /content-length: (\d+)/i.exec(head);
  if (length === null) throw new Error(`no content-length in ${head}`);
  return end + 4 + Number(length[1]);
}

function receive(socket, chunk) {
  socket.bytes = socket.bytes === undefined ? chunk : Buffer.concat([socket.bytes, chunk]);
  const expected = responseLength(socket.bytes);
  if (expected === 0 || socket.bytes.length < expected) return;
  socket.bytes = undefined;
  latencies.push(performance.now() - socket.dueAt);
  completed++;
  if (next < due.length) send(socket, due[next++]);
  else idle.push(socket);
}

await new Promise((resolve, reject) => {
  let open = 0;
  for (let i = 0; i < connections; i++) {
    const socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true }, () => {
      idle.push(socket);
      if (++open === connections) resolve();
    });
    socket.on('data', (chunk) => receive(socket, chunk));
    socket.on('error', reject);
  }
});

const started = performance.now();
const endsAt = started + seconds * 1000;
const pause = new Int32Array(new SharedArrayBuffer(4));
let dueAt = started;

function tick() {
  const now = performance.now();
  while (dueAt <= now && dueAt < endsAt) {
    if (idle.length > 0) send(idle.pop(), dueAt);
    else due.push(dueAt);
    dueAt += intervalMs;
  }
  if (now >= endsAt) {
    latencies.sort((a, b) => a - b);
    const at = (share) => percentile(latencies, share);
    const result = { perSecond: completed / seconds, p50: at(0.5), p99: at(0.99), p999: at(0.999), failed };
    console.log(JSON.stringify(result));
    process.exit();
  }
  // Timers are too coarse. Where there is time for it, sleep a little, so that the databases on this core can work.
  if (dueAt - now > 0.15) Atomics.wait(pause, 0, 0, 0.05);
  setImmediate(tick);
}
tick();
