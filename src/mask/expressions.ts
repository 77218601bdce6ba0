/** The engine for expressions of the user's own, and what is bundled with it: loaded only if there are some. */
import { RE2JS } from 're2js';
import type { MaskExpression } from './options.ts';
import type { Finder } from './text.ts';

/**
 * The time for a text grows with its length times this. With `a{0,500}`, a thousand of the engine's instructions, 64 KB take 2 s.
 */
const MAX_PROGRAM = 500;

/** An expression that can be used. */
export interface Compiled {
  readonly name: string | undefined;
  readonly find: Finder;
}

/** The expressions that can be used; `problems` has the end of a sentence for each other one. */
export function compileExpressions(expressions: readonly MaskExpression[]): {
  compiled: readonly Compiled[];
  problems: readonly string[];
} {
  const usable: Compiled[] = [];
  const problems: string[] = [];
  for (const { name, source, ignoreCase } of expressions) {
    try {
      const compiled = RE2JS.compile(source, ignoreCase ? RE2JS.CASE_INSENSITIVE : 0);
      if (compiled.programSize() > MAX_PROGRAM) problems.push(`has /${source}/, which is too large`);
      else if (compiled.matches('')) problems.push(`has /${source}/, which matches an empty text`);
      else usable.push({ name, find: finderOf(compiled) });
    } catch (error) {
      const why =
        error instanceof Error ? error.message.replace('error parsing regexp: ', '') : String(error);
      problems.push(`has /${source}/, which cannot be used (${why})`);
    }
  }
  return { compiled: usable, problems };
}

function finderOf(expression: RE2JS): Finder {
  return (text, _mayBeCut, found) => {
    // Where nothing matches, which is the rule, this is five times as fast as a search for the place.
    if (!expression.test(text)) return;
    const matcher = expression.matcher(text);
    while (matcher.find()) {
      // Between two characters there is nothing to hide.
      if (matcher.end() > matcher.start()) found(matcher.start(), matcher.end());
    }
  };
}
