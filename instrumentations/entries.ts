import { type Listed, listed } from '../src/define.ts';
import { catalogue } from './index.ts';

/**
 * The catalogue as the agent reads it when it starts. In the bundle this file is written by `scripts/bundle.mjs`: the same list, with the rest
 * of each library in the file of its family.
 */
export const entries: readonly Listed[] = catalogue.map(listed);
