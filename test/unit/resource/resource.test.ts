import { hostname } from 'node:os';
import { Worker } from 'node:worker_threads';
import { describe, expect, it, vi } from 'vitest';
import { readConfig, type Environment } from '../../../src/config/read.ts';
import type { Entry } from '../../../src/resource/service.ts';
import { resource, type ResourceAttributes } from '../../../src/resource/resource.ts';

const root = new URL('../../..', import.meta.url).pathname;
const here = { argv: ['/usr/bin/node', `${root}src/agent.ts`], execArgv: [], cwd: root };
const nowhere = { argv: ['/usr/bin/node'], execArgv: [], cwd: '/' };

function attributes(env: Environment = {}, entry: Entry = here): ResourceAttributes {
  return resource(readConfig(env).config.resource, entry);
}

describe('the name of the service', () => {
  const ATTRIBUTE = { OTEL_RESOURCE_ATTRIBUTES: 'service.name=by-attribute' };
  it('is OTEL_SERVICE_NAME before anything else', () => {
    const env = { ...ATTRIBUTE, OTEL_SERVICE_NAME: 'by-name' };
    expect(attributes(env)['service.name']).toBe('by-name');
  });
  it('is service.name of OTEL_RESOURCE_ATTRIBUTES before the package', () => {
    expect(attributes(ATTRIBUTE)['service.name']).toBe('by-attribute');
  });
  it('is the name of the package before unknown_service', () => {
    expect(attributes()['service.name']).toBe('foretrace');
    expect(attributes()['service.version']).toMatch(/^\d+\.\d+\.\d+/);
  });
  it('is unknown_service:node, without a version, when there is no package', () => {
    expect(attributes({}, nowhere)['service.name']).toBe('unknown_service:node');
    expect(attributes({}, nowhere)).not.toHaveProperty('service.version');
  });
  it('is unknown_service:node when an attribute takes the detected one away', () => {
    expect(attributes({ OTEL_RESOURCE_ATTRIBUTES: 'service.name=' })['service.name']).toBe(
      'unknown_service:node',
    );
  });
});

describe('the detectors that OTEL_NODE_RESOURCE_DETECTORS names', () => {
  const ALWAYS = ['service.name', 'service.version', 'telemetry.sdk.name', 'telemetry.sdk.language'];
  const groups = (detectors: string): string[] => {
    const found = attributes({ OTEL_NODE_RESOURCE_DETECTORS: detectors, OTEL_RESOURCE_ATTRIBUTES: 'team=a' });
    expect(Object.keys(found)).toEqual(expect.arrayContaining([...ALWAYS, 'team']));
    return [...new Set(Object.keys(found).map((name) => name.replace(/\..*/, '')))].filter(
      (name) => !['service', 'telemetry', 'team', 'container'].includes(name),
    );
  };
  it.each([
    ['none', []],
    ['env', []],
    ['host', ['host']],
    ['os,process', ['process', 'os']],
    ['all', ['process', 'host', 'os']],
    ['ALL,env', ['process', 'host', 'os']],
    ['gcp', []],
  ])('%s', (detectors, expected) => {
    expect(groups(detectors)).toEqual(expected);
  });
  it('tell no id of the instance without serviceinstance', () => {
    expect(attributes({ OTEL_NODE_RESOURCE_DETECTORS: 'host' })).not.toHaveProperty('service.instance.id');
    expect(attributes({ OTEL_NODE_RESOURCE_DETECTORS: 'serviceinstance' })).toHaveProperty(
      'service.instance.id',
    );
  });
});

describe('the resource', () => {
  it('describes process, host, system and foretrace', () => {
    const found = attributes();
    expect(found).toMatchObject({
      'process.pid': process.pid,
      'process.executable.path': process.execPath,
      'process.executable.name': expect.stringMatching(/^node/),
      'process.command': `${root}src/agent.ts`,
      'process.command_args': ['/usr/bin/node', `${root}src/agent.ts`],
      'process.runtime.name': 'nodejs',
      'process.runtime.version': process.versions.node,
      'process.runtime.description': 'Node.js',
      'host.name': hostname(),
      'telemetry.sdk.name': 'foretrace',
      'telemetry.sdk.language': 'nodejs',
      'telemetry.distro.name': 'foretrace',
    });
    expect(found['telemetry.sdk.version']).toBe(found['telemetry.distro.version']);
    expect(['amd64', 'arm64', 'arm32', 'x86', 'ppc64', 's390x', 'riscv64', 'loong64']).toContain(
      found['host.arch'],
    );
    expect(['linux', 'darwin', 'windows']).toContain(found['os.type']);
    expect(found['os.version']).not.toBe('');
    expect(found['os.description']).not.toBe('');
  });

  it('lets OTEL_RESOURCE_ATTRIBUTES win over what is detected, add to it, and take away from it', () => {
    const found = attributes({
      OTEL_RESOURCE_ATTRIBUTES: 'host.name=h1,k8s.pod.name=p-1,process.command_args=',
    });
    expect(found['host.name']).toBe('h1');
    expect(found['k8s.pod.name']).toBe('p-1');
    expect(found).not.toHaveProperty('process.command_args');
  });

  it('has no secret of the command line', () => {
    const entry = {
      argv: ['/usr/bin/node', 'app.js', '--password=hunter2', 'redis://:hunter2@h'],
      execArgv: ['-e', 'hunter2'],
      cwd: '/',
    };
    expect(JSON.stringify(attributes({}, entry))).not.toContain('hunter2');
    expect(attributes({}, entry)['process.command_args']).toEqual([
      '/usr/bin/node',
      '-e',
      '[REDACTED]',
      'app.js',
      '--password=[REDACTED]',
      'redis://REDACTED:REDACTED@h',
    ]);
  });

  it('is complete but for what fails', () => {
    const broken = vi.spyOn(process, 'getBuiltinModule').mockImplementation(() => {
      throw new Error('not allowed');
    });
    try {
      const found = attributes();
      expect(found).not.toHaveProperty('service.instance.id');
      expect(found['service.name']).toBe('foretrace');
      expect(found['host.name']).toBe(hostname());
    } finally {
      broken.mockRestore();
    }
  });
});

describe('service.instance.id', () => {
  it('is a random UUID that stays the same for the process', () => {
    const id = attributes()['service.instance.id'];
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(attributes()['service.instance.id']).toBe(id);
  });

  it('is inherited by worker threads that start later', async () => {
    const id = attributes()['service.instance.id'];
    const code = `const { parentPort, getEnvironmentData } = require('node:worker_threads');
      parentPort.postMessage(getEnvironmentData('foretrace.service.instance.id'));`;
    const worker = new Worker(code, { eval: true });
    const inherited = await new Promise((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
    });
    await worker.terminate();
    expect(inherited).toBe(id);
  });
});
