import { describe, expect, it } from 'vitest';
import { familyName, labelName } from '../../../../../src/export/thread/prometheus/names.ts';

describe('the name of a family', () => {
  it.each([
    ['http.server.request.duration', 's', 'histogram', 'http_server_request_duration_seconds'],
    ['http.server.active_requests', '{request}', 'updown', 'http_server_active_requests'],
    ['process.memory.usage', 'By', 'updown', 'process_memory_usage_bytes'],
    ['disk.io', 'By/s', 'gauge', 'disk_io_bytes_per_second'],
    ['requests', '{request}/m', 'gauge', 'requests_per_minute'],
    ['cpu.utilization', '1', 'gauge', 'cpu_utilization_ratio'],
    ['things', '1', 'counter', 'things'],
    // What the name has already is not said twice.
    ['orders_total', '', 'counter', 'orders'],
    ['wait_seconds', 's', 'histogram', 'wait_seconds'],
    ['bytes', 'By', 'counter', 'bytes'],
    ['own', 'furlong', 'gauge', 'own_furlong'],
    ['own', 'constructor', 'gauge', 'own_constructor'],
    ['own', '%', 'gauge', 'own_percent'],
    ['2nd..name', '', 'gauge', '_2nd_name'],
    ['größe in ü', '', 'gauge', 'gr_e_in_'],
    ['a--b__c', 'By.s', 'gauge', 'a_b_c_By_s'],
  ] as const)('of %s in %s (%s) is %s', (name, unit, kind, expected) => {
    expect(familyName(name, unit, kind).name).toBe(expected);
  });
});

describe('the name of a label', () => {
  it.each([
    ['http.request.method', 'http_request_method'],
    ['a-.b', 'a_b'],
    ['0th', 'key_0th'],
    ['', '_'],
    ['ü', '_'],
  ])('%s is %s', (name, expected) => {
    expect(labelName(name)).toBe(expected);
  });
});
