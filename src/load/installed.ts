import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ModulePatch } from './module-patch.ts';

/**
 * Those of the packages that the app may import, as far as that can be told without a look at its code: what lies beside it and above,
 * what pnpm hoists, and what the workspaces depend on that are linked there. All of them where there are no folders to look into (Yarn PnP).
 */
export function installedPackages(
  patches: readonly ModulePatch[],
  entry: string | undefined = process.argv[1],
  cwd: string = process.cwd(),
): ModulePatch[] {
  const starts = [cwd];
  if (entry !== undefined) starts.push(dirname(entry), dirname(real(entry)));
  // The agent may be preloaded before `.pnp.cjs`: then nothing but the file tells of it.
  const isPlugAndPlay = 'pnp' in process.versions || starts.some((start) => parents(start).some(hasPnp));
  if (isPlugAndPlay) return [...patches];

  const folders = new Set<string>();
  for (const start of starts) addFolders(start, folders);
  const isThere = ({ module }: ModulePatch): boolean =>
    [...folders].some((folder) => existsSync(join(folder, module)));
  // Reading folders of some hundred names takes longer than asking for a few.
  if (!patches.every(isThere)) for (const folder of folders) addWorkspaces(folder, folders);
  return patches.filter(isThere);
}

function parents(start: string): string[] {
  const directories = [start];
  for (let at = start; dirname(at) !== at; at = dirname(at)) directories.push(dirname(at));
  return directories;
}

function hasPnp(directory: string): boolean {
  return existsSync(join(directory, '.pnp.cjs'));
}

function addFolders(start: string, folders: Set<string>): void {
  for (const directory of parents(start)) {
    for (const name of ['node_modules', 'node_modules/.pnpm/node_modules']) {
      const folder = join(directory, name);
      if (!folders.has(folder) && existsSync(folder)) folders.add(folder);
    }
  }
}

/** Folders of the packages that are links to somewhere outside of `node_modules`; what is added is looked through as well. */
function addWorkspaces(folder: string, folders: Set<string>): void {
  for (const link of linksIn(folder)) {
    const target = real(link);
    if (!/[\\/]node_modules[\\/]/.test(target)) addFolders(target, folders);
  }
}

function linksIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isSymbolicLink()) return [path];
      return entry.isDirectory() && entry.name.startsWith('@') ? linksIn(path) : [];
    });
  } catch {
    return [];
  }
}

function real(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    return path;
  }
}
