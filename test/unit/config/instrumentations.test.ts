import { describe, expect, it } from 'vitest';
import { catalogue } from '../../../instrumentations/index.ts';
import {
  checkInstrumentationNames,
  chooseInstrumentations,
  instrumentationEnabled,
  instrumentationVariable,
  scopesOf,
  upperSnake,
} from '../../../src/config/instrumentations.ts';
import { readConfig, type Environment } from '../../../src/config/read.ts';

const choice = (env: Environment) => readConfig(env).config.instrumentations;
const KNOWN = ['http', 'express', 'pg', 'ioredis', 'better-sqlite3', 'nestjs-core'].map((name) => ({ name }));

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
    expect(instrumentationEnabled(choice(env), { name: 'pg' })).toBe(enabled);
  });

  it('is decided by the name in capitals with underscores', () => {
    const off = choice({ OTEL_INSTRUMENTATION_BETTER_SQLITE3_ENABLED: 'false' });
    expect(instrumentationEnabled(off, { name: 'better-sqlite3' })).toBe(false);
    expect(instrumentationEnabled(off, { name: 'node-sqlite' })).toBe(true);
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

  it('are known by all their names where they start traces', () => {
    const roots = ['redis', 'superagent', 'pgg'];
    expect(scopesOf(roots, catalogue)).toEqual(
      new Set(['foretrace.redis', 'foretrace.redis-client', 'foretrace.superagent']),
    );
    expect(checkInstrumentationNames(choice({}), catalogue, roots)).toEqual([
      'FORETRACE_ROOT_CLIENT_SPANS names what foretrace has no instrumentation for: "pgg" (did you mean pg?), ignored',
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

/** Packages that the names of OpenTelemetry's auto-instrumentations-node stand for, as far as they are traced here. */
const OPENTELEMETRY: Record<string, string[]> = {
  connect: ['connect'],
  express: ['express', 'router'],
  fastify: ['@fastify/middie', 'fastify'],
  hapi: ['@hapi/hapi'],
  http: ['http', 'superagent'],
  ioredis: ['ioredis'],
  koa: ['@koa/router', 'koa', 'koa-mount', 'koa-router'],
  memcached: ['memcached'],
  mongodb: ['mongodb'],
  mongoose: ['mongodb'],
  mysql: ['mysql'],
  mysql2: ['mysql2'],
  'nestjs-core': ['@nestjs/core'],
  pg: ['pg'],
  redis: ['@node-redis/client', '@redis/client', 'redis'],
  'redis-4': ['@node-redis/client', '@redis/client'],
  restify: ['restify'],
  router: ['router'],
  tedious: ['tedious'],
  undici: ['undici'],
};

describe.each(Object.entries(OPENTELEMETRY))('the name %s of the OpenTelemetry agent', (name, modules) => {
  const chosen = (env: Environment) => chooseInstrumentations(choice(env), catalogue);
  const traced = (env: Environment) =>
    chosen(env)
      .filter(({ keepsContext }) => keepsContext !== true)
      .map(({ module }) => module)
      .toSorted();
  const contextKeepers = catalogue.filter(({ keepsContext }) => keepsContext === true);

  it('in the list of enabled ones switches on what it stands for, and all that keeps the context', () => {
    const env = { OTEL_NODE_ENABLED_INSTRUMENTATIONS: name };
    expect(traced(env)).toEqual(modules);
    expect(chosen(env)).toEqual(expect.arrayContaining(contextKeepers));
    expect(checkInstrumentationNames(choice(env), catalogue)).toEqual([]);
  });

  it('in a variable of its own does the same', () => {
    const variable = `OTEL_INSTRUMENTATION_${upperSnake(name)}_ENABLED`;
    const env = { OTEL_INSTRUMENTATION_COMMON_DEFAULT_ENABLED: 'false', [variable]: 'true' };
    expect(traced(env)).toEqual(modules);
  });

  // mongoose makes no spans of its own here: without its name those of mongodb stay, and without `router` the routes of Express 5.
  it.skipIf(name === 'mongoose' || name === 'router')(
    'in the list of disabled ones switches it off, and nothing that keeps the context',
    () => {
      const env = { OTEL_NODE_DISABLED_INSTRUMENTATIONS: name };
      expect(traced(env).filter((module) => modules.includes(module))).toEqual([]);
      expect(chosen(env)).toEqual(expect.arrayContaining(contextKeepers));
    },
  );
});

it('nothing keeps the context where everything is off', () => {
  const env = { OTEL_INSTRUMENTATION_COMMON_DEFAULT_ENABLED: 'false' };
  expect(chooseInstrumentations(choice(env), catalogue)).toEqual([]);
});
