/** The messages of logs.proto and logs_service.proto 1.10, and an independent reading of what comes: as `otlp-proto.ts` for traces. */
import {
  AnyValue,
  type Decoded,
  id,
  InstrumentationScope,
  KeyValue,
  many,
  type Message,
  one,
  readJson,
  readProtobuf,
  Resource,
  scalar,
} from './otlp-proto.ts';
import { type Attributes, attributesOf, type AttributeValue } from './otlp.ts';

const LogRecord: Message = {
  name: 'LogRecord',
  fields: {
    1: scalar('timeUnixNano', 'fixed64'),
    2: { name: 'severityNumber', type: 'enum', numbers: Array.from({ length: 25 }, (_, number) => number) },
    3: scalar('severityText', 'string'),
    5: one('body', () => AnyValue),
    6: many('attributes', () => KeyValue),
    7: scalar('droppedAttributesCount', 'uint32'),
    8: scalar('flags', 'fixed32'),
    9: id('traceId', 16, false),
    10: id('spanId', 8, false),
    11: scalar('observedTimeUnixNano', 'fixed64'),
    12: scalar('eventName', 'string'),
  },
};
const ScopeLogs: Message = {
  name: 'ScopeLogs',
  fields: {
    1: one('scope', () => InstrumentationScope),
    2: many('logRecords', () => LogRecord),
    3: scalar('schemaUrl', 'string'),
  },
};
const ResourceLogs: Message = {
  name: 'ResourceLogs',
  fields: {
    1: one('resource', () => Resource),
    2: many('scopeLogs', () => ScopeLogs),
    3: scalar('schemaUrl', 'string'),
  },
};
const ExportLogsServiceRequest: Message = {
  name: 'ExportLogsServiceRequest',
  fields: { 1: many('resourceLogs', () => ResourceLogs) },
};

export interface ReceivedLog {
  timeUnixNano: bigint;
  observedTimeUnixNano: bigint;
  severityNumber: number;
  severityText: string;
  /** Undefined where there is none. */
  body: AttributeValue | undefined;
  attributes: Attributes;
  droppedAttributesCount: number;
  flags: number;
  traceId: string | undefined;
  spanId: string | undefined;
  eventName: string | undefined;
  scope: string;
  resource: Attributes;
}

/** @param type the `content-type` of the request */
export function decodeLogs(body: Uint8Array, type: string): ReceivedLog[] {
  const request = type.includes('json')
    ? readJson(ExportLogsServiceRequest, JSON.parse(Buffer.from(body).toString()))
    : readProtobuf(ExportLogsServiceRequest, body);
  return (request.resourceLogs ?? []).flatMap(({ resource, scopeLogs }: Decoded) =>
    (scopeLogs ?? []).flatMap(({ scope, logRecords }: Decoded) =>
      (logRecords ?? []).map((record: Decoded) => receivedLog(record, scope, resource)),
    ),
  );
}

function receivedLog(record: Decoded, scope: Decoded, resource: Decoded): ReceivedLog {
  // The specification: a name is there once.
  const { values } = attributesOf(record.attributes, 'log record');
  return {
    timeUnixNano: record.timeUnixNano,
    observedTimeUnixNano: record.observedTimeUnixNano,
    severityNumber: record.severityNumber ?? 0,
    severityText: record.severityText ?? '',
    body: record.body && attributesOf([{ key: 'body', value: record.body }], 'body').values.body,
    attributes: values,
    droppedAttributesCount: record.droppedAttributesCount ?? 0,
    flags: record.flags ?? 0,
    traceId: record.traceId,
    spanId: record.spanId,
    eventName: record.eventName,
    scope: scope?.name ?? '',
    resource: attributesOf(resource?.attributes, 'resource').values,
  };
}
