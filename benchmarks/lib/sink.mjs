// The receiver that swallows telemetry. It counts spans and bytes, so that an agent that loses or never sends spans is
// seen, and answers at once. OTLP over HTTP (protobuf, JSON) and the msgpack of a Datadog agent.
import { createServer } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { countMsgpackSpans, countOtlpSpans } from './count-spans.mjs';

const counts = { spans: 0, bytes: 0, requests: 0, errors: 0 };
const sockets = new Set();

function count(request, raw) {
  const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw;
  const type = request.headers['content-type'] ?? '';
  if (request.url === '/v1/traces') {
    counts.spans += type.includes('json') ? countJsonSpans(body) : countOtlpSpans(body);
  } else if (/^\/v0\.[45]\/traces$/.test(request.url)) {
    counts.spans += countMsgpackSpans(body);
  } else {
    return;
  }
  counts.bytes += raw.length;
  counts.requests++;
}

function countJsonSpans(body) {
  let spans = 0;
  for (const { scopeSpans } of JSON.parse(body).resourceSpans ?? []) {
    for (const scope of scopeSpans) spans += scope.spans.length;
  }
  return spans;
}

const server = createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    try {
      count(request, Buffer.concat(chunks));
    } catch (error) {
      if (counts.errors++ === 0) console.error(`sink: ${request.url}: ${error.message}`);
    }
    const json = !(request.headers['content-type'] ?? '').includes('protobuf');
    response.setHeader('content-type', json ? 'application/json' : 'application/x-protobuf');
    response.end(request.url === '/info' ? '{"endpoints":["/v0.4/traces"]}' : json ? '{}' : '');
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

process.on('message', (message) => {
  if (message === 'down') {
    server.close(() => process.send({ port }));
    for (const socket of sockets) socket.destroy();
  } else if (message === 'up') {
    listen();
  } else {
    process.send(counts);
  }
});
process.on('disconnect', () => process.exit());
listen();
