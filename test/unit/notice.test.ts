import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../support/run-app.ts';

const notice = readFileSync(join(ROOT, 'NOTICE'), 'utf8');
const script = join(ROOT, 'scripts/notice.mjs');

describe('NOTICE', () => {
  it('lists what is bundled', () => {
    const { status, stderr } = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });

  it('names packages that are in the bundles, and not the one that stays outside', () => {
    for (const name of ['@opentelemetry/api', '@opentelemetry/otlp-exporter-base', 'shimmer']) {
      expect(notice).toMatch(new RegExp(`^ {2}${name} \\d+\\.\\d+\\.\\d+ \\(`, 'm'));
    }
    expect(notice).not.toContain('import-in-the-middle');
  });

  it('has the whole text of licences that ask for it', () => {
    expect(notice).toContain('Redistributions in binary form must reproduce');
  });

  it('is part of what is published', () => {
    const { files } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    expect(files).toContain('NOTICE');
  });
});
