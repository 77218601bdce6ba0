/** OTLP/JSON of metrics and logs, read by an independent reader of the official messages. */
import { describe, expect, it } from 'vitest';
import { key } from '../../../src/encode/key.ts';
import { messageJson } from '../../../src/encode/message-json.ts';
import { ExportLogsServiceRequest, ExportMetricsServiceRequest } from '../../../src/encode/messages.ts';
import { block } from '../../../src/encode/span.ts';
import { batchOf } from '../../../src/export/thread/exporter.ts';
import { createCollector } from '../../../src/export/thread/metrics/collector.ts';
import { encodeMetric } from '../../../src/metrics/encode.ts';
import { encodeResource, encodeScope } from '../../../src/export/thread/request.ts';
import {
  HTTP_SERVER_ACTIVE_REQUESTS,
  HTTP_SERVER_REQUEST_DURATION,
} from '../../../src/metrics/instrument.ts';
import { createMetrics } from '../../../src/metrics/series.ts';
import { bytesField, fixed64Field, varintField } from '../../support/encode-span.ts';
import { decodeMetrics } from '../../support/otlp-metrics.ts';

const ids = { t0: 1, t1: 2, t2: 3, t3: -4, s0: 5, s1: 6, flags: 1, traceState: undefined };

/** Two instruments, one with an exemplar, in a request as the engine sends it. */
function request(exponential: boolean): Buffer {
  const collector = createCollector('cumulative', exponential);
  const metrics = createMetrics(
    exponential,
    true,
    (shared) => collector.add(0, shared),
    () => 1_700_000_000_000,
  );
  const attributes = block([key('http.route'), '/a', key('http.response.status_code'), 200]);
  const series = metrics.histogram(HTTP_SERVER_REQUEST_DURATION, attributes);
  for (const value of [0, 0.004, 0.3, 7000]) series.record(value, ids);
  metrics.sum(HTTP_SERVER_ACTIVE_REQUESTS, attributes).add(-3);
  const records = collector.collect().map((metric) => bytesField(2, encodeMetric(metric)));
  const { head, tail } = encodeScope({ name: 'scope', version: '1', schemaUrl: 'https://schema.test' });
  const scope = bytesField(2, Buffer.concat([head, ...records, tail]));
  return bytesField(
    1,
    Buffer.concat([encodeResource({ 'service.name': 'app', list: [1, 2.5, 'x'] }), scope]),
  );
}

describe.each([
  ['explicit', false],
  ['exponential', true],
])('metrics with %s buckets', (_, exponential) => {
  it('say the same in JSON and in protobuf', () => {
    const bytes = request(exponential);
    const json = messageJson(bytes, ExportMetricsServiceRequest);
    const read = decodeMetrics(Buffer.from(json), 'application/json');
    expect(read).toEqual(decodeMetrics(bytes, 'application/x-protobuf'));
    expect(read.map(({ name }) => name)).toEqual([
      'http.server.request.duration',
      'http.server.active_requests',
    ]);
    expect(read[0]!.points[0]!.exemplars[0]!.traceId).toBe('000000010000000200000003fffffffc');
    expect(batchOf('metrics', bytes, 2).json()).toBe(json);
  });
});

describe('log records', () => {
  it('are JSON of the official names, ids in hex, integers as text', () => {
    const record = Buffer.concat([
      fixed64Field(1, 1_700_000_000_000_000_001n),
      varintField(2, 17n),
      bytesField(3, Buffer.from('ERROR')),
      bytesField(5, bytesField(1, Buffer.from('it failed'))),
      bytesField(
        6,
        Buffer.concat([bytesField(1, Buffer.from('n')), bytesField(2, varintField(3, 2n ** 64n - 5n))]),
      ),
      bytesField(9, Buffer.alloc(16, 0xab)),
      bytesField(99, Buffer.from('of a later version')),
    ]);
    const bytes = bytesField(1, bytesField(2, bytesField(2, record)));
    expect(JSON.parse(messageJson(bytes, ExportLogsServiceRequest))).toEqual({
      resourceLogs: [
        {
          scopeLogs: [
            {
              logRecords: [
                {
                  timeUnixNano: '1700000000000000001',
                  severityNumber: 17,
                  severityText: 'ERROR',
                  body: { stringValue: 'it failed' },
                  attributes: [{ key: 'n', value: { intValue: '-5' } }],
                  traceId: 'ab'.repeat(16),
                },
              ],
            },
          ],
        },
      ],
    });
  });

  it('nested without end do not overflow', () => {
    let value = bytesField(1, Buffer.from('deep'));
    for (let i = 0; i < 5000; i++) value = bytesField(5, bytesField(1, value));
    const bytes = bytesField(1, bytesField(2, bytesField(2, bytesField(5, value))));
    expect(messageJson(bytes, ExportLogsServiceRequest).length).toBeGreaterThan(1000);
  });
});

it('malformed bytes are a RangeError', () => {
  expect(() => messageJson(Buffer.from([0x0a, 0x7f]), ExportMetricsServiceRequest)).toThrow(RangeError);
});
