import { start as startAgent } from '../src/agent.ts';
import { entries } from './entries.ts';

/** The entry of `dist/agent.cjs`: the agent with its catalogue of libraries. */
export function start(): void {
  startAgent(entries);
}
