/** A receiver of OTLP logs in protobuf, as far as tests of the export need one: it knows what a record is called. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ExportTraceServiceRequest, type Message, readProtobuf } from './otlp-proto.ts';

// logs.proto and logs_service.proto 1.10; Resource and InstrumentationScope are those of every signal.
const resource = ExportTraceServiceRequest.fields[1]!.message!().fields[1]!;
const scope = ExportTraceServiceRequest.fields[1]!.message!().fields[2]!.message!().fields[1]!;
const many = (name: string, message: Message) =>
  ({ name, type: 'message', message: () => message, repeated: true }) as const;
const schemaUrl = { name: 'schemaUrl', type: 'string' } as const;
const LogRecord: Message = { name: 'LogRecord', fields: { 12: { name: 'eventName', type: 'string' } } };
const ScopeLogs: Message = {
  name: 'ScopeLogs',
  fields: { 1: scope, 2: many('logRecords', LogRecord), 3: schemaUrl },
};
const ResourceLogs: Message = {
  name: 'ResourceLogs',
  fields: { 1: resource, 2: many('scopeLogs', ScopeLogs), 3: schemaUrl },
};
const ExportLogsServiceRequest: Message = {
  name: 'ExportLogsServiceRequest',
  fields: { 1: many('resourceLogs', ResourceLogs) },
};

export interface ReceivedLog {
  eventName: string;
  scope: string;
  resource: Record<string, unknown>;
}

export interface LogsReceiver {
  readonly url: string;
  /** Never answer from now on. */
  fallSilent(): void;
  /** How many requests came, answered or not. */
  readonly requests: number;
  /** The most requests that were open at the same time. */
  readonly mostOpen: number;
  /** Records of the requests that were answered. */
  readonly logs: readonly ReceivedLog[];
  close(): Promise<void>;
}

export async function startLogsReceiver(): Promise<LogsReceiver> {
  const logs: ReceivedLog[] = [];
  let silent = false;
  let requests = 0;
  let open = 0;
  let mostOpen = 0;
  const server = createServer((request, response) => {
    requests++;
    mostOpen = Math.max(mostOpen, ++open);
    response.once('close', () => open--);
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (silent) return;
      try {
        logs.push(...decode(Buffer.concat(chunks)));
        response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
      } catch (error) {
        response.writeHead(400).end(String(error));
      }
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/logs`,
    fallSilent: () => void (silent = true),
    get requests() {
      return requests;
    },
    get mostOpen() {
      return mostOpen;
    },
    logs,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function decode(body: Uint8Array): ReceivedLog[] {
  const { resourceLogs } = readProtobuf(ExportLogsServiceRequest, body);
  return resourceLogs.flatMap(({ resource, scopeLogs }: any) =>
    scopeLogs.flatMap(({ scope, logRecords }: any) =>
      logRecords.map(({ eventName }: any) => ({
        eventName,
        scope: scope.name,
        resource: Object.fromEntries(
          resource.attributes.map(({ key, value }: any) => [key, value.stringValue ?? value.intValue]),
        ),
      })),
    ),
  );
}
