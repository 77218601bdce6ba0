/** Full title of a test → its result. */
export type Results = Map<string, string>;

export function readTap(text: string): Results;
export function readJest(text: string, folder: string): Results;
export function readPoku(text: string): Results;

export interface Comparison {
  /** Tests with one result without the agent; the next three are parts of it. */
  tests: number;
  passed: number;
  failed: number;
  skipped: number;
  /** Tests whose result varies without the agent. */
  unstable: number;
  differ: { title: string; without: string; with: string }[];
}

export function compare(plain: Results[], traced: Results[]): Comparison;
