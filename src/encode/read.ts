/**
 * Reads OTLP trace bytes back into values, for the exporters that need a look inside (console, file, http/json).
 * Malformed bytes throw a RangeError; they never read outside the input, loop or recurse without end.
 */

/** An `AnyValue`: bigint is an OTLP int, number a double, undefined an empty value. */
export type DecodedValue =
  | string
  | boolean
  | bigint
  | number
  | Uint8Array
  | DecodedValue[]
  | DecodedMap
  | undefined;

/** A `KeyValueList`; wrapped, so that it can't be taken for an array of values. */
export interface DecodedMap {
  entries: DecodedAttribute[];
}

export interface DecodedAttribute {
  key: string;
  value: DecodedValue;
}

export interface DecodedEvent {
  timeUnixNano: bigint;
  name: string;
  attributes: DecodedAttribute[];
  droppedAttributesCount: number;
}

export interface DecodedLink {
  /** Lower-case hex, as all ids here. */
  traceId: string;
  spanId: string;
  traceState: string;
  attributes: DecodedAttribute[];
  droppedAttributesCount: number;
  flags: number;
}

export interface DecodedResource {
  attributes: DecodedAttribute[];
  droppedAttributesCount: number;
}

export interface DecodedScope {
  name: string;
  version: string;
  attributes: DecodedAttribute[];
  droppedAttributesCount: number;
  schemaUrl: string;
}

export interface DecodedSpan {
  traceId: string;
  spanId: string;
  /** Empty for a root span. */
  parentSpanId: string;
  traceState: string;
  flags: number;
  name: string;
  /** `SpanKind`: 0 unspecified, 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  kind: number;
  startTimeUnixNano: bigint;
  endTimeUnixNano: bigint;
  attributes: DecodedAttribute[];
  droppedAttributesCount: number;
  events: DecodedEvent[];
  droppedEventsCount: number;
  links: DecodedLink[];
  droppedLinksCount: number;
  /** `StatusCode`: 0 unset, 1 ok, 2 error. */
  status: { code: number; message: string };
  /** The same object for all spans of one resource (scope). */
  resource: DecodedResource;
  scope: DecodedScope;
}

/** What a collector answers beside the status: spans that it refused although it took the request. */
export interface PartialSuccess {
  rejectedSpans: number;
  errorMessage: string;
}

/** An AnyValue nested deeper than this is cut off: OTLP sets no limit, our stack does. */
const MAX_DEPTH = 64;
const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

const utf8 = new TextDecoder();

interface Cursor {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  at: number;
  readonly end: number;
}

function cursor(bytes: Uint8Array, at = 0, end = bytes.length): Cursor {
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length), at, end };
}

function malformed(what: string, c: Cursor): RangeError {
  return new RangeError(`malformed protobuf: ${what} at byte ${c.at}`);
}

/** The lower 32 bits of a varint in steps of 7: enough for tags, lengths and counts. */
function varint(c: Cursor): number {
  let value = 0;
  let scale = 1;
  for (let i = 0; i < 10; i++) {
    if (c.at >= c.end) throw malformed('truncated varint', c);
    const byte = c.bytes[c.at++]!;
    if (i < 7) value += (byte & 0x7f) * scale;
    if (byte < 0x80) return value;
    scale *= 128;
  }
  throw malformed('varint of more than 10 bytes', c);
}

/** An `int64`, which a negative number fills up to ten bytes. */
function int64(c: Cursor): bigint {
  let value = 0n;
  for (let shift = 0n; shift < 70n; shift += 7n) {
    if (c.at >= c.end) throw malformed('truncated varint', c);
    const byte = c.bytes[c.at++]!;
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return BigInt.asIntN(64, value);
  }
  throw malformed('varint of more than 10 bytes', c);
}

function advance(c: Cursor, bytes: number): number {
  const start = c.at;
  if (bytes > c.end - start) throw malformed('a field that runs over its end', c);
  c.at = start + bytes;
  return start;
}

const fixed64 = (c: Cursor): bigint => c.view.getBigUint64(advance(c, 8), true);
const fixed32 = (c: Cursor): number => c.view.getUint32(advance(c, 4), true);
const double = (c: Cursor): number => c.view.getFloat64(advance(c, 8), true);

function message(c: Cursor): Cursor {
  const length = varint(c);
  const start = advance(c, length);
  return { bytes: c.bytes, view: c.view, at: start, end: start + length };
}

function bytes(c: Cursor): Uint8Array {
  const length = varint(c);
  const start = advance(c, length);
  // `slice` of a Buffer would be a view of the whole request.
  return new Uint8Array(c.bytes.subarray(start, start + length));
}

function text(c: Cursor): string {
  const length = varint(c);
  const start = advance(c, length);
  return utf8.decode(c.bytes.subarray(start, start + length));
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

function hex(c: Cursor): string {
  const length = varint(c);
  const start = advance(c, length);
  let id = '';
  for (let i = start; i < start + length; i++) id += HEX[c.bytes[i]!]!;
  return id;
}

function skip(c: Cursor, wire: number): void {
  if (wire === VARINT) int64(c);
  else if (wire === FIXED64) advance(c, 8);
  else if (wire === FIXED32) advance(c, 4);
  else if (wire === BYTES) advance(c, varint(c));
  else throw malformed(`wire type ${wire}`, c);
}

/**
 * Calls `field` with the number and wire type of each field; when that answers false (unknown field, or known with
 * another wire type), the field is skipped.
 */
function fields(c: Cursor, field: (tag: number) => boolean): void {
  while (c.at < c.end) {
    const tag = varint(c);
    if (tag >>> 3 === 0) throw malformed('field number 0', c);
    if (!field(tag)) skip(c, tag & 7);
  }
}

const tagOf = (number: number, wire: number): number => number * 8 + wire;

function readValue(c: Cursor, depth: number): DecodedValue {
  let value: DecodedValue;
  fields(c, (tag) => {
    switch (tag) {
      case tagOf(1, BYTES):
        value = text(c);
        return true;
      case tagOf(2, VARINT):
        value = varint(c) !== 0;
        return true;
      case tagOf(3, VARINT):
        value = int64(c);
        return true;
      case tagOf(4, FIXED64):
        value = double(c);
        return true;
      case tagOf(5, BYTES):
        if (depth >= MAX_DEPTH) return false;
        value = readArray(message(c), depth + 1);
        return true;
      case tagOf(6, BYTES):
        if (depth >= MAX_DEPTH) return false;
        value = { entries: readMap(message(c), depth + 1) };
        return true;
      case tagOf(7, BYTES):
        value = bytes(c);
        return true;
      default:
        return false;
    }
  });
  return value;
}

function readArray(c: Cursor, depth: number): DecodedValue[] {
  const values: DecodedValue[] = [];
  fields(c, (tag) => {
    if (tag !== tagOf(1, BYTES)) return false;
    values.push(readValue(message(c), depth));
    return true;
  });
  return values;
}

function readMap(c: Cursor, depth: number): DecodedAttribute[] {
  const entries: DecodedAttribute[] = [];
  fields(c, (tag) => {
    if (tag !== tagOf(1, BYTES)) return false;
    entries.push(readAttribute(message(c), depth));
    return true;
  });
  return entries;
}

function readAttribute(c: Cursor, depth = 0): DecodedAttribute {
  const attribute: DecodedAttribute = { key: '', value: undefined };
  fields(c, (tag) => {
    if (tag === tagOf(1, BYTES)) attribute.key = text(c);
    else if (tag === tagOf(2, BYTES)) attribute.value = readValue(message(c), depth);
    else return false;
    return true;
  });
  return attribute;
}

function readEvent(c: Cursor): DecodedEvent {
  const event: DecodedEvent = { timeUnixNano: 0n, name: '', attributes: [], droppedAttributesCount: 0 };
  fields(c, (tag) => {
    if (tag === tagOf(1, FIXED64)) event.timeUnixNano = fixed64(c);
    else if (tag === tagOf(2, BYTES)) event.name = text(c);
    else if (tag === tagOf(3, BYTES)) event.attributes.push(readAttribute(message(c)));
    else if (tag === tagOf(4, VARINT)) event.droppedAttributesCount = varint(c);
    else return false;
    return true;
  });
  return event;
}

function readLink(c: Cursor): DecodedLink {
  const link: DecodedLink = {
    traceId: '',
    spanId: '',
    traceState: '',
    attributes: [],
    droppedAttributesCount: 0,
    flags: 0,
  };
  fields(c, (tag) => {
    if (tag === tagOf(1, BYTES)) link.traceId = hex(c);
    else if (tag === tagOf(2, BYTES)) link.spanId = hex(c);
    else if (tag === tagOf(3, BYTES)) link.traceState = text(c);
    else if (tag === tagOf(4, BYTES)) link.attributes.push(readAttribute(message(c)));
    else if (tag === tagOf(5, VARINT)) link.droppedAttributesCount = varint(c);
    else if (tag === tagOf(6, FIXED32)) link.flags = fixed32(c);
    else return false;
    return true;
  });
  return link;
}

function readStatus(c: Cursor): { code: number; message: string } {
  const status = { code: 0, message: '' };
  fields(c, (tag) => {
    if (tag === tagOf(2, BYTES)) status.message = text(c);
    else if (tag === tagOf(3, VARINT)) status.code = varint(c);
    else return false;
    return true;
  });
  return status;
}

function readSpan(c: Cursor, resource: DecodedResource, scope: DecodedScope): DecodedSpan {
  const span: DecodedSpan = {
    traceId: '',
    spanId: '',
    parentSpanId: '',
    traceState: '',
    flags: 0,
    name: '',
    kind: 0,
    startTimeUnixNano: 0n,
    endTimeUnixNano: 0n,
    attributes: [],
    droppedAttributesCount: 0,
    events: [],
    droppedEventsCount: 0,
    links: [],
    droppedLinksCount: 0,
    status: { code: 0, message: '' },
    resource,
    scope,
  };
  fields(c, (tag) => {
    switch (tag) {
      case tagOf(1, BYTES):
        span.traceId = hex(c);
        return true;
      case tagOf(2, BYTES):
        span.spanId = hex(c);
        return true;
      case tagOf(3, BYTES):
        span.traceState = text(c);
        return true;
      case tagOf(4, BYTES):
        span.parentSpanId = hex(c);
        return true;
      case tagOf(5, BYTES):
        span.name = text(c);
        return true;
      case tagOf(6, VARINT):
        span.kind = varint(c);
        return true;
      case tagOf(7, FIXED64):
        span.startTimeUnixNano = fixed64(c);
        return true;
      case tagOf(8, FIXED64):
        span.endTimeUnixNano = fixed64(c);
        return true;
      case tagOf(9, BYTES):
        span.attributes.push(readAttribute(message(c)));
        return true;
      case tagOf(10, VARINT):
        span.droppedAttributesCount = varint(c);
        return true;
      case tagOf(11, BYTES):
        span.events.push(readEvent(message(c)));
        return true;
      case tagOf(12, VARINT):
        span.droppedEventsCount = varint(c);
        return true;
      case tagOf(13, BYTES):
        span.links.push(readLink(message(c)));
        return true;
      case tagOf(14, VARINT):
        span.droppedLinksCount = varint(c);
        return true;
      case tagOf(15, BYTES):
        span.status = readStatus(message(c));
        return true;
      case tagOf(16, FIXED32):
        span.flags = fixed32(c);
        return true;
      default:
        return false;
    }
  });
  return span;
}

function readResource(c: Cursor): DecodedResource {
  const resource: DecodedResource = { attributes: [], droppedAttributesCount: 0 };
  fields(c, (tag) => {
    if (tag === tagOf(1, BYTES)) resource.attributes.push(readAttribute(message(c)));
    else if (tag === tagOf(2, VARINT)) resource.droppedAttributesCount = varint(c);
    else return false;
    return true;
  });
  return resource;
}

function readScopeInto(c: Cursor, scope: DecodedScope): void {
  fields(c, (tag) => {
    if (tag === tagOf(1, BYTES)) scope.name = text(c);
    else if (tag === tagOf(2, BYTES)) scope.version = text(c);
    else if (tag === tagOf(3, BYTES)) scope.attributes.push(readAttribute(message(c)));
    else if (tag === tagOf(4, VARINT)) scope.droppedAttributesCount = varint(c);
    else return false;
    return true;
  });
}

function readScopeSpans(c: Cursor, resource: DecodedResource, spans: DecodedSpan[]): void {
  const scope: DecodedScope = {
    name: '',
    version: '',
    attributes: [],
    droppedAttributesCount: 0,
    schemaUrl: '',
  };
  fields(c, (tag) => {
    if (tag === tagOf(1, BYTES)) readScopeInto(message(c), scope);
    else if (tag === tagOf(2, BYTES)) spans.push(readSpan(message(c), resource, scope));
    else if (tag === tagOf(3, BYTES)) scope.schemaUrl = text(c);
    else return false;
    return true;
  });
}

function readResourceSpans(c: Cursor, spans: DecodedSpan[]): void {
  // The order of fields is free: a resource may come after the spans that point to it.
  const resource: DecodedResource = { attributes: [], droppedAttributesCount: 0 };
  fields(c, (tag) => {
    if (tag === tagOf(1, BYTES)) Object.assign(resource, readResource(message(c)));
    else if (tag === tagOf(2, BYTES)) readScopeSpans(message(c), resource, spans);
    else return false;
    return true;
  });
}

/** All spans of an `ExportTraceServiceRequest`. @throws RangeError when the bytes are not one */
export function readRequest(request: Uint8Array): DecodedSpan[] {
  const spans: DecodedSpan[] = [];
  const c = cursor(request);
  fields(c, (tag) => {
    if (tag !== tagOf(1, BYTES)) return false;
    readResourceSpans(message(c), spans);
    return true;
  });
  return spans;
}

/**
 * The partial success of an `ExportTraceServiceResponse`; undefined when everything was taken.
 * @throws RangeError when the bytes are not one
 */
export function readResponse(response: Uint8Array): PartialSuccess | undefined {
  let partial: PartialSuccess | undefined;
  const c = cursor(response);
  fields(c, (tag) => {
    if (tag !== tagOf(1, BYTES)) return false;
    const inner = message(c);
    const found: PartialSuccess = { rejectedSpans: 0, errorMessage: '' };
    fields(inner, (tag) => {
      if (tag === tagOf(1, VARINT)) found.rejectedSpans = Number(int64(inner));
      else if (tag === tagOf(2, BYTES)) found.errorMessage = text(inner);
      else return false;
      return true;
    });
    partial = found;
    return true;
  });
  return partial;
}

/** The message of a `google.rpc.Status`, which is what an OTLP collector answers a refused request with. @throws RangeError */
export function readStatusMessage(response: Uint8Array): string {
  let found = '';
  const c = cursor(response);
  fields(c, (tag) => {
    if (tag !== tagOf(2, BYTES)) return false;
    found = text(c);
    return true;
  });
  return found;
}
