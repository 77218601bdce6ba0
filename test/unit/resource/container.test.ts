import { describe, expect, it } from 'vitest';
import { containerId, idFromCgroup, idFromMountinfo } from '../../../src/resource/container.ts';

const ID = '3e9b1c0f'.repeat(8);
const OTHER = 'a0b1c2d3'.repeat(8);

describe('/proc/self/cgroup', () => {
  it.each([
    ['Docker, cgroup v1', `12:pids:/docker/${ID}\n11:cpu,cpuacct:/docker/${ID}\n0::/system.slice/x`],
    ['Kubernetes, cgroup v1', `11:memory:/kubepods/burstable/pod5a1c2b3d-0000-4000-8000-000000000000/${ID}`],
    ['systemd and Docker', `0::/system.slice/docker-${ID}.scope`],
    ['systemd and CRI-O', `1:name=systemd:/kubepods.slice/kubepods-pod1.slice/crio-${ID}.scope`],
    [
      'containerd with a colon in the path',
      `9:cpu:/system.slice/containerd.service/kubepods-burstable-pod1.slice:cri-containerd:${ID}`,
    ],
    ['Docker in Docker', `3:cpu:/docker/${OTHER}/docker/${ID}`],
    ['ECS', `9:perf_event:/ecs/task-id/${ID}`],
  ])('gives the id for %s', (_, text) => {
    expect(idFromCgroup(text)).toBe(ID);
  });

  it('gives the id of a Fargate task', () => {
    const task = `${'0af1'.repeat(8)}-1234567890`;
    expect(idFromCgroup(`1:name=systemd:/ecs/${'0af1'.repeat(8)}/${task}\n`)).toBe(task);
  });

  it.each([
    ['a host', '0::/user.slice/user-1000.slice/session-2.scope'],
    ['cgroup v2 inside a container', '0::/\n'],
    ['an id that is too short', `1:cpu:/docker/${ID.slice(1)}`],
    ['an id that is too long', `1:cpu:/docker/${ID}0`],
    ['garbage', '\u0000::::\n\n:'],
    ['nothing', ''],
  ])('gives none for %s', (_, text) => {
    expect(idFromCgroup(text)).toBeUndefined();
  });
});

describe('/proc/self/mountinfo', () => {
  const mount = (root: string, point: string): string =>
    `600 580 0:30 / / rw,relatime - overlay overlay rw\n612 600 254:1 ${root} ${point} rw,relatime - ext4 /dev/vda1 rw\n`;
  it.each([
    ['Docker', `/var/lib/docker/containers/${ID}/hostname`, '/etc/hostname'],
    ['Docker with a data root of its own', `/data/containers/${ID}/resolv.conf`, '/etc/resolv.conf'],
    ['Podman', `/containers/storage/overlay-containers/${ID}/userdata/hostname`, '/etc/hostname'],
  ])('gives the id for %s', (_, root, point) => {
    expect(idFromMountinfo(mount(root, point))).toBe(ID);
  });

  it.each([
    [
      'the pause container of a pod',
      `/run/containerd/io.containerd.grpc.v1.cri/sandboxes/${OTHER}/hostname`,
      '/etc/hostname',
    ],
    ['a file of another name', `/var/lib/docker/containers/${ID}/notes`, '/notes'],
    ['the mount point alone', '/x', `/containers/${ID}/hostname`],
  ])('gives none for %s', (_, root, point) => {
    expect(idFromMountinfo(mount(root, point))).toBeUndefined();
  });

  it('gives none for garbage', () => {
    expect(idFromMountinfo('a b\n\n\u0000')).toBeUndefined();
  });
});

it('asks the mounts only when the control groups tell nothing', () => {
  const read: string[] = [];
  const files = (cgroup: string) => (path: string) => {
    read.push(path);
    return path.endsWith('cgroup') ? cgroup : `1 1 0:1 /containers/${OTHER}/hosts /etc/hosts rw`;
  };
  expect(containerId(files(`1:cpu:/docker/${ID}`))).toBe(ID);
  expect(read).toEqual(['/proc/self/cgroup']);
  expect(containerId(files('0::/'))).toBe(OTHER);
});
