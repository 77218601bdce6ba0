import { userKey } from '../encode/key.ts';
import * as w from '../encode/writer.ts';
import type { ResourceAttributes } from './options.ts';
import type { ScopeInfo } from './ring.ts';

const RESOURCE_SPANS = 0x0a;
const RESOURCE = 0x0a;
const SCOPE_SPANS = 0x12;
const SCOPE = 0x0a;
const SPAN = 0x12;
const SCHEMA_URL = 0x1a;

/** Ready spans of one scope, to be put into a request as they are. */
export interface ScopeGroup {
  /** What `encodeScope` made. */
  scope: EncodedScope;
  spans: Uint8Array[];
  /** Sum of the lengths of `spans`. */
  bytes: number;
}

export interface EncodedScope {
  /** Field `scope` of `ScopeSpans`. */
  head: Uint8Array;
  /** Field `schema_url` of `ScopeSpans`; may be empty. */
  tail: Uint8Array;
}

/** The field `resource` of `ResourceSpans`. Values that OTLP can't carry are left out. */
export function encodeResource(attributes: ResourceAttributes): Uint8Array {
  w.begin();
  const resource = w.open(RESOURCE);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) w.attribute(0x0a, userKey(name), value);
  }
  w.close(resource);
  return w.written(0);
}

export function encodeScope({ name, version, schemaUrl }: ScopeInfo): EncodedScope {
  w.begin();
  const scope = w.open(SCOPE);
  if (name) w.string(0x0a, name);
  if (version) w.string(0x12, version);
  w.close(scope);
  const head = w.written(0);
  w.begin();
  if (schemaUrl) w.string(SCHEMA_URL, schemaUrl);
  return { head, tail: w.written(0) };
}

/** An `ExportTraceServiceRequest` around ready spans: only lengths are computed, nothing is decoded. */
export function encodeRequest(resource: Uint8Array, groups: readonly ScopeGroup[]): Uint8Array {
  let resourceSpansLength = resource.length;
  for (const group of groups) resourceSpansLength += sizeOfField(scopeSpansLength(group));
  const request = new Uint8Array(sizeOfField(resourceSpansLength));
  let at = fieldHeader(request, 0, RESOURCE_SPANS, resourceSpansLength);
  request.set(resource, at);
  at += resource.length;
  for (const group of groups) {
    at = fieldHeader(request, at, SCOPE_SPANS, scopeSpansLength(group));
    request.set(group.scope.head, at);
    at += group.scope.head.length;
    for (const span of group.spans) {
      at = fieldHeader(request, at, SPAN, span.length);
      request.set(span, at);
      at += span.length;
    }
    request.set(group.scope.tail, at);
    at += group.scope.tail.length;
  }
  return request;
}

function scopeSpansLength({ scope, spans, bytes }: ScopeGroup): number {
  let length = scope.head.length + scope.tail.length + bytes + spans.length;
  for (const span of spans) length += sizeOfVarint(span.length);
  return length;
}

function sizeOfVarint(value: number): number {
  let size = 1;
  for (; value > 0x7f; value = Math.floor(value / 128)) size++;
  return size;
}

function sizeOfField(length: number): number {
  return 1 + sizeOfVarint(length) + length;
}

function fieldHeader(bytes: Uint8Array, at: number, tag: number, length: number): number {
  bytes[at++] = tag;
  while (length > 0x7f) {
    bytes[at++] = (length & 0x7f) | 0x80;
    length = Math.floor(length / 128);
  }
  bytes[at++] = length;
  return at;
}
