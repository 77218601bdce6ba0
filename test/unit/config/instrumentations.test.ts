import { describe, expect, it } from 'vitest';
import {
  checkInstrumentationNames,
  instrumentationEnabled,
  instrumentationVariable,
  upperSnake,
} from '../../../src/config/instrumentations.ts';
import { readConfig, type Environment } from '../../../src/config/read.ts';

const choice = (env: Environment) => readConfig(env).config.instrumentations;
const KNOWN = ['http', 'express', 'pg', 'ioredis', 'better-sqlite3', 'nestjs-core'];

describe('whether a library is traced', () => {
  const ENABLED = 'OTEL_NODE_ENABLED_INSTRUMENTATIONS';
  const DISABLED = 'OTEL_NODE_DISABLED_INSTRUMENTATIONS';
  const DEFAULT = 'OTEL_INSTRUMENTATION_COMMON_DEFAULT_ENABLED';
  const PG = 'OTEL_INSTRUMENTATION_PG_ENABLED';
  it.each<[Environment, boolean]>([
    [{}, true],
    [{ [ENABLED]: 'http,pg' }, true],
    [{ [ENABLED]: 'http' }, false],
    [{ [ENABLED]: 'PG' }, true],
    [{ [DISABLED]: 'pg' }, false],
    [{ [DISABLED]: 'http' }, true],
    [{ [ENABLED]: 'pg', [DISABLED]: 'pg' }, false],
    [{ [DEFAULT]: 'false' }, false],
    [{ [DEFAULT]: 'false', [ENABLED]: 'pg' }, true],
    [{ [DEFAULT]: 'false', [PG]: 'true' }, true],
    [{ [ENABLED]: 'http', [PG]: 'true' }, true],
    [{ [DISABLED]: 'pg', [PG]: 'true' }, true],
    [{ [ENABLED]: 'pg', [PG]: 'false' }, false],
    [{ [PG]: 'maybe' }, true],
  ])('with %j, pg: %j', (env, enabled) => {
    expect(instrumentationEnabled(choice(env), 'pg')).toBe(enabled);
  });

  it('is decided by the name in capitals with underscores', () => {
    const off = choice({ OTEL_INSTRUMENTATION_BETTER_SQLITE3_ENABLED: 'false' });
    expect(instrumentationEnabled(off, 'better-sqlite3')).toBe(false);
    expect(instrumentationEnabled(off, 'node-sqlite')).toBe(true);
  });
});

it('takes only the middle of OTEL_INSTRUMENTATION_<NAME>_ENABLED for a name', () => {
  expect(instrumentationVariable('OTEL_INSTRUMENTATION_PG_ENABLED')).toBe('PG');
  expect(instrumentationVariable('OTEL_INSTRUMENTATION__ENABLED')).toBeUndefined();
  expect(instrumentationVariable('OTEL_INSTRUMENTATION_ENABLED')).toBeUndefined();
  expect(instrumentationVariable('OTEL_INSTRUMENTATION_COMMON_X_ENABLED')).toBeUndefined();
  expect(instrumentationVariable('OTEL_INSTRUMENTATION_PG')).toBeUndefined();
  expect(upperSnake('better-sqlite3')).toBe('BETTER_SQLITE3');
});

describe('the names of libraries', () => {
  it('give no warning when they are known', () => {
    const env = {
      OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'http,nestjs-core',
      OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'pg',
      OTEL_INSTRUMENTATION_BETTER_SQLITE3_ENABLED: 'true',
    };
    expect(checkInstrumentationNames(choice(env), KNOWN)).toEqual([]);
  });

  it('give one warning for each list that has unknown ones, with the likely name', () => {
    const env = {
      OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'http,expres,mongodb',
      OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'fs',
    };
    expect(checkInstrumentationNames(choice(env), KNOWN)).toEqual([
      'OTEL_NODE_ENABLED_INSTRUMENTATIONS names what foretrace has no instrumentation for: "expres" (did you mean express?), "mongodb", ignored',
      'OTEL_NODE_DISABLED_INSTRUMENTATIONS names what foretrace has no instrumentation for: "fs", ignored',
    ]);
  });

  it('of switches give a warning when they look misspelt, and none when they may be meant for another agent', () => {
    const env = {
      OTEL_INSTRUMENTATION_IOREDSI_ENABLED: 'false',
      OTEL_INSTRUMENTATION_SPRING_WEBMVC_ENABLED: 'false',
      OTEL_INSTRUMENTATION_NET_ENABLED: 'false',
    };
    expect(checkInstrumentationNames(choice(env), KNOWN)).toEqual([
      'OTEL_INSTRUMENTATION_IOREDSI_ENABLED is unknown, did you mean OTEL_INSTRUMENTATION_IOREDIS_ENABLED? It is ignored',
    ]);
  });
});
