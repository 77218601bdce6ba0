import { base64 } from './otlp-json.ts';
import {
  BYTES,
  type Cursor,
  cursor,
  double,
  fields,
  FIXED32,
  fixed32,
  FIXED64,
  fixed64,
  hex,
  int64,
  message,
  text,
  VARINT,
  varint,
} from './read.ts';
import type { Message } from './messages.ts';

type Json = string | number | boolean | Json[] | { [name: string]: Json };

const WIRE = {
  string: BYTES,
  id: BYTES,
  bytes: BYTES,
  bool: VARINT,
  enum: VARINT,
  uint32: VARINT,
  sint32: VARINT,
  int64: VARINT,
  uint64: VARINT,
  fixed32: FIXED32,
  fixed64: FIXED64,
  sfixed64: FIXED64,
  double: FIXED64,
} as const;

/** A message of OTLP as its JSON, by a table of its fields. Unknown fields are left out. @throws RangeError when the bytes are not one */
export function messageJson(bytes: Uint8Array, of: Message): string {
  return JSON.stringify(jsonOf(cursor(bytes), of, 0));
}

/** Values are nested as deep as an app likes: our stack is not. */
const MAX_DEPTH = 100;

function jsonOf(c: Cursor, of: Message, depth: number): { [name: string]: Json } {
  const json: { [name: string]: Json } = {};
  fields(c, (tag) => {
    const field = of[tag >>> 3];
    if (field === undefined) return false;
    const wire = tag & 7;
    const { name, type, repeated } = field;
    if (typeof type === 'function') {
      if (wire !== BYTES || depth === MAX_DEPTH) return false;
      put(json, name, repeated, jsonOf(message(c), type(), depth + 1));
      return true;
    }
    if (wire === BYTES && repeated && WIRE[type] !== BYTES) {
      const list = message(c);
      json[name] ??= [];
      while (list.at < list.end) put(json, name, true, scalarOf(list, type));
      return true;
    }
    if (wire !== WIRE[type]) return false;
    put(json, name, repeated, scalarOf(c, type));
    return true;
  });
  return json;
}

function put(json: { [name: string]: Json }, name: string, repeated: boolean | undefined, value: Json): void {
  if (repeated) ((json[name] ??= []) as Json[]).push(value);
  else json[name] = value;
}

function scalarOf(c: Cursor, type: keyof typeof WIRE): Json {
  switch (type) {
    case 'string':
      return text(c);
    case 'id':
      return hex(c);
    case 'bytes': {
      const { bytes, at, end } = message(c);
      return base64(bytes.subarray(at, end));
    }
    case 'bool':
      return varint(c) !== 0;
    case 'enum':
    case 'uint32':
      return varint(c);
    case 'sint32': {
      const value = varint(c);
      return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    }
    case 'int64':
      return int64(c).toString();
    case 'uint64':
      return BigInt.asUintN(64, int64(c)).toString();
    case 'fixed32':
      return fixed32(c);
    case 'fixed64':
      return fixed64(c).toString();
    case 'sfixed64':
      return BigInt.asIntN(64, fixed64(c)).toString();
    case 'double': {
      const value = double(c);
      // JSON has no NaN and no Infinity; protobuf's mapping writes their names.
      return Number.isFinite(value) ? value : String(value);
    }
  }
}
