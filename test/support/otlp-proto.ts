/**
 * The messages of opentelemetry-proto (trace.proto, common.proto, resource.proto, trace_service.proto 1.10) as tables of
 * field numbers, and two strict readers over them: protobuf and OTLP/JSON. Written from the official `.proto` files and
 * read with @bufbuild/protobuf, so that a mistake in our own writer can't be hidden by the same mistake in a reader.
 *
 * Strict means: what the specification's receivers tolerate is an error here (unknown fields, a wrong wire type, a
 * repeated singular field, invalid UTF-8, enum numbers that do not exist, an id of the wrong length or all zeroes).
 */
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';

type Scalar = 'string' | 'bool' | 'bytes' | 'double' | 'uint32' | 'int64' | 'fixed64' | 'fixed32';

interface Field {
  name: string;
  type: Scalar | 'id' | 'enum' | 'message';
  /** Length in bytes of an `id`. */
  idBytes?: number;
  /** An `id` that is absent, empty or all zeroes is an error. */
  required?: boolean;
  /** The numbers that an `enum` has. */
  numbers?: readonly number[];
  message?: () => Message;
  repeated?: boolean;
  /** At most one field of the same `oneof` may be set. */
  oneof?: string;
}

export interface Message {
  name: string;
  fields: Readonly<Record<number, Field>>;
}

const scalar = (name: string, type: Scalar): Field => ({ name, type });
const one = (name: string, message: () => Message): Field => ({ name, type: 'message', message });
const many = (name: string, message: () => Message): Field => ({
  name,
  type: 'message',
  message,
  repeated: true,
});
const id = (name: string, idBytes: number, required: boolean): Field => ({
  name,
  type: 'id',
  idBytes,
  required,
});

const AnyValue: Message = {
  name: 'AnyValue',
  fields: {
    1: { ...scalar('stringValue', 'string'), oneof: 'value' },
    2: { ...scalar('boolValue', 'bool'), oneof: 'value' },
    3: { ...scalar('intValue', 'int64'), oneof: 'value' },
    4: { ...scalar('doubleValue', 'double'), oneof: 'value' },
    5: { ...one('arrayValue', () => ArrayValue), oneof: 'value' },
    6: { ...one('kvlistValue', () => KeyValueList), oneof: 'value' },
    7: { ...scalar('bytesValue', 'bytes'), oneof: 'value' },
  },
};
const ArrayValue: Message = { name: 'ArrayValue', fields: { 1: many('values', () => AnyValue) } };
const KeyValueList: Message = { name: 'KeyValueList', fields: { 1: many('values', () => KeyValue) } };
const KeyValue: Message = {
  name: 'KeyValue',
  fields: { 1: scalar('key', 'string'), 2: one('value', () => AnyValue) },
};
const InstrumentationScope: Message = {
  name: 'InstrumentationScope',
  fields: {
    1: scalar('name', 'string'),
    2: scalar('version', 'string'),
    3: many('attributes', () => KeyValue),
    4: scalar('droppedAttributesCount', 'uint32'),
  },
};
const EntityRef: Message = {
  name: 'EntityRef',
  fields: {
    1: scalar('schemaUrl', 'string'),
    2: scalar('type', 'string'),
    3: { ...scalar('idKeys', 'string'), repeated: true },
    4: { ...scalar('descriptionKeys', 'string'), repeated: true },
  },
};
const Resource: Message = {
  name: 'Resource',
  fields: {
    1: many('attributes', () => KeyValue),
    2: scalar('droppedAttributesCount', 'uint32'),
    3: many('entityRefs', () => EntityRef),
  },
};
const Status: Message = {
  name: 'Status',
  fields: { 2: scalar('message', 'string'), 3: { name: 'code', type: 'enum', numbers: [0, 1, 2] } },
};
const Event: Message = {
  name: 'Event',
  fields: {
    1: scalar('timeUnixNano', 'fixed64'),
    2: scalar('name', 'string'),
    3: many('attributes', () => KeyValue),
    4: scalar('droppedAttributesCount', 'uint32'),
  },
};
const Link: Message = {
  name: 'Link',
  fields: {
    // The specification keeps a link without a valid context for its attributes: both are there or neither.
    1: id('traceId', 16, false),
    2: id('spanId', 8, false),
    3: scalar('traceState', 'string'),
    4: many('attributes', () => KeyValue),
    5: scalar('droppedAttributesCount', 'uint32'),
    6: scalar('flags', 'fixed32'),
  },
};
export const Span: Message = {
  name: 'Span',
  fields: {
    1: id('traceId', 16, true),
    2: id('spanId', 8, true),
    3: scalar('traceState', 'string'),
    4: id('parentSpanId', 8, false),
    5: scalar('name', 'string'),
    6: { name: 'kind', type: 'enum', numbers: [0, 1, 2, 3, 4, 5] },
    7: scalar('startTimeUnixNano', 'fixed64'),
    8: scalar('endTimeUnixNano', 'fixed64'),
    9: many('attributes', () => KeyValue),
    10: scalar('droppedAttributesCount', 'uint32'),
    11: many('events', () => Event),
    12: scalar('droppedEventsCount', 'uint32'),
    13: many('links', () => Link),
    14: scalar('droppedLinksCount', 'uint32'),
    15: one('status', () => Status),
    16: scalar('flags', 'fixed32'),
  },
};
const ScopeSpans: Message = {
  name: 'ScopeSpans',
  fields: {
    1: one('scope', () => InstrumentationScope),
    2: many('spans', () => Span),
    3: scalar('schemaUrl', 'string'),
  },
};
const ResourceSpans: Message = {
  name: 'ResourceSpans',
  fields: {
    1: one('resource', () => Resource),
    2: many('scopeSpans', () => ScopeSpans),
    3: scalar('schemaUrl', 'string'),
  },
};
export const ExportTraceServiceRequest: Message = {
  name: 'ExportTraceServiceRequest',
  fields: { 1: many('resourceSpans', () => ResourceSpans) },
};

/** A decoded message: fields by their JSON name; absent ones are missing, 64-bit integers are bigint, ids are hex. */
export type Decoded = Record<string, any>;

const WIRE: Record<Field['type'], WireType> = {
  string: WireType.LengthDelimited,
  bytes: WireType.LengthDelimited,
  id: WireType.LengthDelimited,
  message: WireType.LengthDelimited,
  bool: WireType.Varint,
  uint32: WireType.Varint,
  int64: WireType.Varint,
  enum: WireType.Varint,
  double: WireType.Bit64,
  fixed64: WireType.Bit64,
  fixed32: WireType.Bit32,
};

/** Reads protobuf bytes. Throws with the path of the field that is wrong. */
export function readProtobuf(message: Message, bytes: Uint8Array, path = message.name): Decoded {
  const reader = new BinaryReader(bytes);
  const out: Decoded = {};
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    const field = message.fields[number];
    if (!field) throw new Error(`${path}: unknown field ${number} (wire type ${wireType})`);
    const at = `${path}.${field.name}`;
    if (wireType !== WIRE[field.type])
      throw new Error(`${at}: wire type ${wireType}, not ${WIRE[field.type]}`);
    put(out, message, field, at, protobufValue(field, reader, at));
  }
  if (reader.pos !== reader.len) throw new Error(`${path}: ends inside a field`);
  return complete(message, out, path);
}

function protobufValue(field: Field, reader: BinaryReader, at: string): unknown {
  switch (field.type) {
    case 'string':
      return reader.string(true);
    case 'bytes':
      return reader.bytes().slice();
    case 'id':
      return checkedId(field, Buffer.from(reader.bytes()).toString('hex'), at);
    case 'message':
      return readProtobuf(field.message!(), reader.bytes(), at);
    case 'bool':
      return reader.bool();
    case 'uint32':
      return reader.uint32();
    case 'int64':
      return BigInt(reader.int64());
    case 'enum':
      return checkedEnum(field, reader.int32(), at);
    case 'double':
      return reader.double();
    case 'fixed64':
      return BigInt(reader.fixed64());
    case 'fixed32':
      return reader.fixed32();
  }
}

/**
 * Reads a parsed OTLP/JSON value: lowerCamelCase names, ids as hex, enums as integers, 64-bit integers as strings,
 * bytes as base64.
 */
export function readJson(message: Message, json: unknown, path = message.name): Decoded {
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw new Error(`${path}: not an object`);
  const out: Decoded = {};
  const fields = Object.values(message.fields);
  for (const [name, value] of Object.entries(json)) {
    const field = fields.find((candidate) => candidate.name === name);
    if (!field) throw new Error(`${path}: unknown field ${name}`);
    const at = `${path}.${name}`;
    if (!field.repeated) {
      put(out, message, field, at, jsonValue(field, value, at));
      continue;
    }
    if (!Array.isArray(value)) throw new Error(`${at}: not an array`);
    out[name] = [];
    for (const item of value) put(out, message, field, at, jsonValue(field, item, at));
  }
  return complete(message, out, path);
}

function jsonValue(field: Field, value: unknown, at: string): unknown {
  const expected = (type: string): never => {
    throw new Error(`${at}: ${JSON.stringify(value)} is not ${type}`);
  };
  switch (field.type) {
    case 'string':
      if (typeof value !== 'string') return expected('a string');
      if (Buffer.from(value).toString() !== value) return expected('well-formed Unicode');
      return value;
    case 'bytes':
      if (typeof value !== 'string' || Buffer.from(value, 'base64').toString('base64') !== value)
        return expected('padded base64');
      return new Uint8Array(Buffer.from(value, 'base64'));
    case 'id':
      if (typeof value !== 'string' || !/^[0-9a-f]*$/.test(value)) return expected('lower-case hex');
      return checkedId(field, value, at);
    case 'message':
      return readJson(field.message!(), value, at);
    case 'bool':
      return typeof value === 'boolean' ? value : expected('a boolean');
    case 'enum':
      return Number.isInteger(value) ? checkedEnum(field, value as number, at) : expected('an integer');
    case 'uint32':
    case 'fixed32':
      return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 0xffffffff
        ? value
        : expected('an unsigned 32-bit integer');
    case 'int64':
    case 'fixed64':
      if (typeof value !== 'string' || !/^(0|-?[1-9]\d*)$/.test(value))
        return expected('an integer in a string');
      if (field.type === 'fixed64' && value.startsWith('-')) return expected('unsigned');
      return BigInt(value);
    case 'double':
      if (typeof value === 'number') return value;
      if (value === 'NaN' || value === 'Infinity' || value === '-Infinity') return Number(value);
      return expected('a number');
  }
}

function put(out: Decoded, message: Message, field: Field, at: string, value: unknown): void {
  if (field.repeated) {
    (out[field.name] ??= []).push(value);
    return;
  }
  if (field.name in out) throw new Error(`${at}: set twice`);
  if (field.oneof) {
    const other = Object.values(message.fields).find(
      ({ oneof, name }) => oneof === field.oneof && name in out,
    );
    if (other) throw new Error(`${at}: ${other.name} is set as well`);
  }
  out[field.name] = value;
}

function complete(message: Message, out: Decoded, path: string): Decoded {
  for (const field of Object.values(message.fields)) {
    if (field.required && !(field.name in out)) throw new Error(`${path}.${field.name}: missing`);
  }
  return out;
}

function checkedId(field: Field, hex: string, at: string): string | undefined {
  if (hex === '' && !field.required) return undefined;
  if (hex.length !== field.idBytes! * 2)
    throw new Error(`${at}: ${hex.length / 2} bytes, not ${field.idBytes}`);
  if (/^0+$/.test(hex)) throw new Error(`${at}: all zeroes`);
  return hex;
}

function checkedEnum(field: Field, value: number, at: string): number {
  if (!field.numbers!.includes(value)) throw new Error(`${at}: no such enum number ${value}`);
  return value;
}
