import { existsSync, readFileSync } from 'node:fs';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { containerId } from '../../../src/resource/container.ts';
import { resource } from '../../../src/resource/resource.ts';

vi.mock('../../../src/resource/container.ts', () => ({ containerId: vi.fn() }));

const machine = existsSync('/etc/machine-id') ? readFileSync('/etc/machine-id', 'utf8').trim() : '';
const ID = '3e9b1c0f'.repeat(8);

describe.skipIf(process.platform !== 'linux')('host.id', () => {
  beforeEach(() => vi.mocked(containerId).mockReset());

  it.skipIf(!/^[0-9a-f]{32}$/.test(machine))('is the machine id outside of containers', () => {
    const found = resource({
      serviceName: undefined,
      attributes: {},
      detectors: ['host', 'container'],
    });
    expect(found['host.id']).toBe(machine);
    expect(found).not.toHaveProperty('container.id');
  });

  it('is absent inside a container, whose machine id is that of the image', () => {
    vi.mocked(containerId).mockReturnValue(ID);
    const found = resource({
      serviceName: undefined,
      attributes: {},
      detectors: ['host', 'container'],
    });
    expect(found['container.id']).toBe(ID);
    expect(found).not.toHaveProperty('host.id');
  });
});
