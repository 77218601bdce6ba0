import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { VARIABLES } from '../../src/config/table.ts';
import type { Variable } from '../../src/config/variable.ts';

const script = new URL('../../scripts/docs.mjs', import.meta.url).pathname;
const document = new URL('../../docs/configuration.md', import.meta.url).pathname;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'foretrace-docs-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function copy(name: string, change: (text: string) => string): string {
  const file = join(folder, name);
  writeFileSync(file, change(readFileSync(document, 'utf8')));
  return file;
}

describe('the documentation', () => {
  it('has the tables that the sources give', () => {
    const { status, stderr } = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });

  it('names every variable and alias', () => {
    const text = readFileSync(document, 'utf8');
    for (const row of VARIABLES as readonly Variable[]) {
      for (const name of [row.name, ...(row.aliases ?? [])]) expect(text).toContain(`\`${name}\``);
    }
  });
});

describe('scripts/docs.mjs', () => {
  it('refuses a changed table with --check, leaves the file alone, and mends it without', () => {
    const file = copy('changed.md', (text) => text.replace('`FORETRACE_FILE`', '`FORETRACE_FIEL`'));
    const before = readFileSync(file, 'utf8');
    const checked = spawnSync(process.execPath, [script, '--check', file], { encoding: 'utf8' });
    expect(checked.status).toBe(1);
    expect(checked.stderr).toContain('changed.md: generated tables are out of date');
    expect(readFileSync(file, 'utf8')).toBe(before);

    execFileSync(process.execPath, [script, file]);
    expect(readFileSync(file, 'utf8')).toBe(readFileSync(document, 'utf8'));
  });

  it.each([
    [
      'a table that does not exist',
      'generated: configuration -->',
      'generated: planets -->',
      'no table "planets"',
    ],
    ['a missing end', '<!-- end of generated: configuration -->', '', 'is missing'],
  ])('fails for %s', (_, from, to, message) => {
    const file = copy('wrong.md', (text) => text.replace(from, to));
    const { status, stderr } = spawnSync(process.execPath, [script, file], { encoding: 'utf8' });
    expect(status).toBe(1);
    expect(stderr).toContain(message);
  });
});
