'use strict';
// The least work that still yields correct OTLP spans: what a patient engineer would write into an app by hand.
// One AsyncLocalStorage.run per request, two clock reads per span, random ids, each span written once as protobuf bytes,
// one POST per 512 spans. It knows its app (routes, constants), drops what it cannot send and retries nothing.
const { AsyncLocalStorage } = require('node:async_hooks');
const { randomFillSync } = require('node:crypto');
const http = require('node:http');

const SPANS_PER_POST = 512;
const BYTES_PER_SPAN = 1024;
const SERVER = 2;
const CLIENT = 3;

const store = new AsyncLocalStorage();
const endpoint = new URL('/v1/traces', process.env.OTEL_EXPORTER_OTLP_ENDPOINT);
const agent = new http.Agent({ keepAlive: true });

const random = new Int32Array(4096);
let randomAt = random.length;

function randomInt() {
  if (randomAt === random.length) {
    randomFillSync(random);
    randomAt = 0;
  }
  return random[randomAt++];
}

/** An attribute with a constant value, as the bytes of one `Span.attributes` entry. */
function attribute(key, value) {
  const keyBytes = Buffer.from(key);
  let any;
  if (typeof value === 'number') {
    const varint = [];
    for (let rest = value; ; rest >>>= 7) {
      if (rest < 0x80) {
        varint.push(rest);
        break;
      }
      varint.push((rest & 0x7f) | 0x80);
    }
    any = Buffer.from([0x18, ...varint]);
  } else {
    const text = Buffer.from(value);
    any = Buffer.concat([Buffer.from([0x0a, text.length]), text]);
  }
  const entry = Buffer.concat([
    Buffer.from([0x0a, keyBytes.length]),
    keyBytes,
    Buffer.from([0x12, any.length]),
    any,
  ]);
  return Buffer.concat([Buffer.from([0x4a, entry.length]), entry]);
}

/** The key half of an attribute, for values written later. */
function attributeKey(key) {
  const text = Buffer.from(key);
  return Buffer.concat([Buffer.from([0x0a, text.length]), text]);
}

const URL_PATH = attributeKey('url.path');
const CLIENT_ADDRESS = attributeKey('client.address');
const PEER_ADDRESS = attributeKey('network.peer.address');
const PEER_PORT = attributeKey('network.peer.port');
const USER_AGENT = attributeKey('user_agent.original');
const STATUS_CODE = attributeKey('http.response.status_code');

function messageField(tag, body) {
  const head = body.length < 0x80 ? [tag, body.length] : [tag, (body.length & 0x7f) | 0x80, body.length >> 7];
  return Buffer.concat([Buffer.from(head), body]);
}

function resourceAttribute(key, value) {
  const entry = attribute(key, value);
  entry[0] = 0x0a; // Resource.attributes is field 1, Span.attributes field 9
  return entry;
}

// ExportTraceServiceRequest { resource_spans { resource, scope_spans { scope, spans... } } }: both outer lengths are
// varints padded to five bytes, so that they can be filled in once the spans stand behind them.
const resource = messageField(
  0x0a,
  Buffer.concat([
    resourceAttribute('service.name', process.env.OTEL_SERVICE_NAME ?? 'floor'),
    resourceAttribute('telemetry.sdk.language', 'nodejs'),
    resourceAttribute('process.pid', process.pid),
  ]),
);
const scope = messageField(0x0a, Buffer.from([0x0a, 5, ...Buffer.from('floor')]));
const header = Buffer.concat([
  Buffer.from([0x0a, 0, 0, 0, 0, 0]),
  resource,
  Buffer.from([0x12, 0, 0, 0, 0, 0]),
  scope,
]);
const SCOPE_LENGTH_AT = 6 + resource.length + 1;

const spares = [];
let bytes = newBatch();
let at = header.length;
let spans = 0;
let wallOffset = Date.now() - performance.now();

function newBatch() {
  const batch = spares.pop() ?? Buffer.allocUnsafeSlow(header.length + SPANS_PER_POST * BYTES_PER_SPAN);
  header.copy(batch);
  return batch;
}

function writePaddedLength(batch, offset, length) {
  for (let i = 0; i < 4; i++) {
    batch[offset + i] = (length & 0x7f) | 0x80;
    length >>>= 7;
  }
  batch[offset + 4] = length;
}

function post() {
  const batch = bytes;
  const length = at;
  writePaddedLength(batch, 1, length - 6);
  writePaddedLength(batch, SCOPE_LENGTH_AT, length - SCOPE_LENGTH_AT - 5);
  bytes = newBatch();
  at = header.length;
  spans = 0;
  wallOffset = Date.now() - performance.now();
  const request = http.request({
    agent,
    host: endpoint.hostname,
    port: endpoint.port,
    path: endpoint.pathname,
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf', 'content-length': length },
  });
  request.on('response', (response) => response.resume());
  request.on('error', () => {});
  request.on('close', () => spares.push(batch));
  request.end(batch.subarray(0, length));
}

function put(block) {
  bytes.set(block, at);
  at += block.length;
}

function putText(text) {
  const length = text.length;
  if (length > 64) {
    at += bytes.write(text, at, 'latin1');
    return;
  }
  for (let i = 0; i < length; i++) bytes[at++] = text.charCodeAt(i) & 0x7f;
}

function putTextAttribute(key, text) {
  const value = text.length > 120 ? text.slice(0, 120) : text;
  const entry = key.length + 4 + value.length;
  bytes[at++] = 0x4a;
  if (entry < 0x80) {
    bytes[at++] = entry;
  } else {
    bytes[at++] = (entry & 0x7f) | 0x80;
    bytes[at++] = entry >> 7;
  }
  put(key);
  bytes[at++] = 0x12;
  bytes[at++] = value.length + 2;
  bytes[at++] = 0x0a;
  bytes[at++] = value.length;
  putText(value);
}

function putIntAttribute(key, value) {
  bytes[at++] = 0x4a;
  bytes[at++] = key.length + 6;
  put(key);
  bytes[at++] = 0x12;
  bytes[at++] = 4;
  bytes[at++] = 0x18;
  bytes[at++] = (value & 0x7f) | 0x80;
  bytes[at++] = ((value >> 7) & 0x7f) | 0x80;
  bytes[at++] = value >> 14;
}

function putInt32(value) {
  bytes[at++] = value;
  bytes[at++] = value >> 8;
  bytes[at++] = value >> 16;
  bytes[at++] = value >> 24;
}

/** Nanoseconds since 1970 exceed 2^53, so they are computed as two 32-bit halves. */
function putTime(milliseconds) {
  const wall = milliseconds + wallOffset;
  const whole = Math.floor(wall);
  const high = Math.floor(whole / 0x10000) * 1e6;
  const low = (high % 0x10000) * 0x10000 + (whole % 0x10000) * 1e6 + Math.floor((wall - whole) * 1e6);
  putInt32((low % 0x100000000) | 0);
  putInt32((Math.floor(high / 0x10000) + Math.floor(low / 0x100000000)) | 0);
}

function startSpan(parent, name, kind) {
  return {
    t0: parent === undefined ? randomInt() : parent.t0,
    t1: parent === undefined ? randomInt() : parent.t1,
    t2: parent === undefined ? randomInt() : parent.t2,
    t3: parent === undefined ? randomInt() : parent.t3,
    s0: randomInt(),
    s1: randomInt(),
    hasParent: parent !== undefined,
    p0: parent === undefined ? 0 : parent.s0,
    p1: parent === undefined ? 0 : parent.s1,
    name,
    kind,
    start: performance.now(),
  };
}

let spanLengthAt = 0;

/** Writes everything but the attributes; `finishSpan` closes what `openSpan` opened. */
function openSpan(span) {
  const end = performance.now();
  bytes[at++] = 0x12;
  spanLengthAt = at;
  at += 2;
  bytes[at++] = 0x0a;
  bytes[at++] = 16;
  putInt32(span.t0);
  putInt32(span.t1);
  putInt32(span.t2);
  putInt32(span.t3);
  bytes[at++] = 0x12;
  bytes[at++] = 8;
  putInt32(span.s0);
  putInt32(span.s1);
  if (span.hasParent) {
    bytes[at++] = 0x22;
    bytes[at++] = 8;
    putInt32(span.p0);
    putInt32(span.p1);
  }
  bytes[at++] = 0x2a;
  bytes[at++] = span.name.length;
  putText(span.name);
  bytes[at++] = 0x30;
  bytes[at++] = span.kind;
  bytes[at++] = 0x39;
  putTime(span.start);
  bytes[at++] = 0x41;
  putTime(end);
  bytes[at++] = 0x85;
  bytes[at++] = 0x01;
  putInt32(0x101);
}

function finishSpan() {
  const length = at - spanLengthAt - 2;
  bytes[spanLengthAt] = (length & 0x7f) | 0x80;
  bytes[spanLengthAt + 1] = length >> 7;
  if (++spans === SPANS_PER_POST) post();
}

/** Parses `00-<32 hex>-<16 hex>-<2 hex>`; the app trusts its callers, so there is no validation. */
function remoteParent(traceparent) {
  const int = (offset) => parseInt(traceparent.slice(offset, offset + 8), 16) | 0;
  const swap = (n) => ((n & 0xff) << 24) | ((n & 0xff00) << 8) | ((n >>> 8) & 0xff00) | (n >>> 24);
  return {
    t0: swap(int(3)),
    t1: swap(int(11)),
    t2: swap(int(19)),
    t3: swap(int(27)),
    s0: swap(int(36)),
    s1: swap(int(44)),
  };
}

function startServerSpan(request, name) {
  const traceparent = request.headers.traceparent;
  return startSpan(traceparent === undefined ? undefined : remoteParent(traceparent), name, SERVER);
}

let knownHost;
let hostBlock;

function endServerSpan(span, request, response, constants) {
  const host = request.headers.host;
  if (host !== knownHost) {
    const { hostname, port } = new URL(`http://${host}`);
    hostBlock = Buffer.concat([
      attribute('server.address', hostname),
      attribute('server.port', Number(port || 80)),
    ]);
    knownHost = host;
  }
  const path = request.url;
  const query = path.indexOf('?');
  const { remoteAddress, remotePort } = request.socket;
  openSpan(span);
  put(constants);
  put(hostBlock);
  putTextAttribute(URL_PATH, query === -1 ? path : path.slice(0, query));
  putTextAttribute(CLIENT_ADDRESS, remoteAddress);
  putTextAttribute(PEER_ADDRESS, remoteAddress);
  putIntAttribute(PEER_PORT, remotePort);
  putIntAttribute(STATUS_CODE, response.statusCode);
  const userAgent = request.headers['user-agent'];
  if (userAgent !== undefined) putTextAttribute(USER_AGENT, userAgent);
  finishSpan();
}

function startClientSpan(name) {
  return startSpan(store.getStore(), name, CLIENT);
}

function endClientSpan(span, constants) {
  openSpan(span);
  put(constants);
  finishSpan();
}

function hex(int) {
  let text = '';
  for (let i = 0; i < 32; i += 8) text += ((int >> i) & 0xff).toString(16).padStart(2, '0');
  return text;
}

function traceparent({ t0, t1, t2, t3, s0, s1 }) {
  return `00-${hex(t0)}${hex(t1)}${hex(t2)}${hex(t3)}-${hex(s0)}${hex(s1)}-01`;
}

/** The constants of a server span: known when the route is written. */
function serverConstants(route) {
  return Buffer.concat([
    attribute('http.request.method', 'GET'),
    attribute('url.scheme', 'http'),
    attribute('network.protocol.version', '1.1'),
    ...(route === undefined ? [] : [attribute('http.route', route)]),
  ]);
}

// The last, part-filled batch. Not part of the floor's cost; it makes the spans that arrive add up.
process.once('SIGTERM', () => {
  if (spans > 0) post();
  setTimeout(() => process.exit(), 100);
});

module.exports = {
  attribute,
  endClientSpan,
  endServerSpan,
  serverConstants,
  startClientSpan,
  startServerSpan,
  store,
  traceparent,
};
