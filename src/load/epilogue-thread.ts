import { epilogues, type Loaded } from './epilogue.ts';
import type { Epilogue } from './module-patch.ts';

/** The entry of `dist/epilogue-thread.cjs`: the `load` hook of {@link epilogues} where hooks run in a thread of their own. */

let finish: ReturnType<typeof epilogues> | undefined;

export function initialize(wanted: readonly (readonly [string, Epilogue])[]): void {
  finish = epilogues(wanted);
}

type Next = (url: string, context: unknown) => Promise<Loaded>;

export async function load(url: string, context: unknown, next: Next): Promise<Loaded> {
  const loaded = await next(url, context);
  try {
    return finish?.(url, loaded) ?? loaded;
  } catch {
    // A syntax that the lexer does not know: the module stays as it is.
    return loaded;
  }
}
