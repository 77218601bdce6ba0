import { supportsSyncHooks } from 'import-in-the-middle/register-hooks.mjs';
import { describe, expect, it } from 'vitest';
import { supportsSyncWrapping } from '../../../src/load/import.ts';

describe('supportsSyncWrapping', () => {
  it.each([
    ['20.20.2', false],
    ['22.15.0', false],
    ['22.22.2', false],
    ['22.22.3', true],
    ['22.23.0', true],
    ['23.11.1', false],
    ['24.11.0', false],
    ['24.11.1', true],
    ['24.12.0', true],
    ['25.0.0', false],
    ['25.1.0', true],
    ['26.0.0', true],
    ['27.0.0-nightly2026', true],
  ])('Node.js %s: %s', (version, expected) => {
    expect(supportsSyncWrapping(version)).toBe(expected);
  });

  it('agrees with import-in-the-middle about this Node.js', () => {
    expect(supportsSyncWrapping()).toBe(supportsSyncHooks());
  });
});
