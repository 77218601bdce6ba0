// The collector of soak.mjs, which is up, down, slow, silent or throttled as it is told, and counts by name the spans that it has
// said yes to. A request that comes again, because its answer was lost, counts once.
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { spanNames } from './count-spans.mjs';

const SLOW_MS = 1500;
const retryAfter = process.argv[2];
const accepted = {};
const sockets = new Set();
const seen = new Set();
let state = 'up';

function accept(body) {
  const hash = createHash('sha1').update(body).digest('base64');
  if (seen.has(hash)) return;
  seen.add(hash);
  // Retries come soon.
  if (seen.size > 1000) seen.delete(seen.values().next().value);
  for (const name of spanNames(body)) accepted[name] = (accepted[name] ?? 0) + 1;
}

function answer(response, body) {
  if (response.destroyed) return;
  // Not earlier: this is what the agent sees.
  response.on('finish', () => accept(body));
  response.setHeader('content-type', 'application/x-protobuf');
  response.end();
}

const server = createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const body = Buffer.concat(chunks);
    if (state === 'throttled') response.writeHead(503, { 'retry-after': retryAfter }).end();
    else if (state === 'slow') setTimeout(() => answer(response, body), SLOW_MS);
    else if (state === 'up') answer(response, body);
  });
});
server.keepAliveTimeout = 60_000;
server.on('connection', (socket) => {
  sockets.add(socket);
  socket.on('close', () => sockets.delete(socket));
});

let port = 0;
function listen() {
  server.listen(port, '127.0.0.1', () => {
    ({ port } = server.address());
    process.send({ port });
  });
}

/** Requests that wait for an answer end with the time in which they were made. */
function enter(next) {
  const wasDown = state === 'down';
  if (state === 'silent' || next === 'down') for (const socket of sockets) socket.destroy();
  state = next;
  if (next === 'down') server.close(() => process.send({ port }));
  else if (wasDown) listen();
  else process.send({ port });
}

process.on('message', (message) => {
  if (message === 'accepted') process.send(accepted);
  else enter(message);
});
process.on('disconnect', () => process.exit());
listen();
