import type { Group } from '../src/config/variable.ts';

export function configuration(groups: readonly Group[]): string;
