import { readFileSync } from 'node:fs';

const ID = '[0-9a-f]{64}';
/** AWS Fargate names tasks by 32 digits, a dash and a number. */
const CGROUP_ID = new RegExp(`[/:-](${ID}|[0-9a-f]{32}-\\d{8,})(?:\\.scope)?$`);
/**
 * With cgroup v2 the container's own cgroup reads as `/`. What still tells the id is where the engine keeps the files that it
 * mounts into the container. Paths with `sandboxes` carry the id of the pod's pause container instead and don't match.
 */
const MOUNT_ID = new RegExp(`containers/(${ID})/(?:userdata/)?(?:hostname|hosts|resolv\\.conf)$`);

/** Far above the few KiB of real files. */
const MAX_CHARACTERS = 256 * 1024;

/** The id in the text of `/proc/self/cgroup`. */
export function idFromCgroup(text: string): string | undefined {
  for (const line of text.split('\n')) {
    // hierarchy:controllers:path
    const path = line.slice(line.indexOf(':', line.indexOf(':') + 1) + 1);
    const id = CGROUP_ID.exec(path)?.[1];
    if (id !== undefined) return id;
  }
  return undefined;
}

/** The id in the text of `/proc/self/mountinfo`. */
export function idFromMountinfo(text: string): string | undefined {
  for (const line of text.split('\n')) {
    // id parent device root mount-point …
    const id = MOUNT_ID.exec(line.split(' ', 4)[3] ?? '')?.[1];
    if (id !== undefined) return id;
  }
  return undefined;
}

/** The id of the container that the process runs in: `container.id`. Linux only, by reading two small files. */
export function containerId(read: (path: string) => string = readText): string | undefined {
  return idFromCgroup(read('/proc/self/cgroup')) ?? idFromMountinfo(read('/proc/self/mountinfo'));
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8').slice(0, MAX_CHARACTERS);
  } catch {
    return '';
  }
}
