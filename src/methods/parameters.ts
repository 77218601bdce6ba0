const CALLBACK = /^_?(?:cb|callback|done|next)$/i;
const OPENING = '([{';
const CLOSING = ')]}';

/**
 * The place of a function's callback: of a last parameter that is called `callback`, `cb`, `done` or `next`; undefined without one. The
 * name is what tells a callback, which is called once at the end, from a function that is called for each item, a listener or a class.
 */
export function callbackPosition(fn: Function): number | undefined {
  const parameters = parametersOf(Function.prototype.toString.call(fn));
  const last = parameters.length - 1;
  return CALLBACK.test(parameters[last] ?? '') ? last : undefined;
}

/** The texts of the parameters in the source of a function; empty where that is not to be read. */
function parametersOf(source: string): string[] {
  const start = source.indexOf('(');
  // `async cb => …`: the arrow comes before any parenthesis.
  const arrow = source.indexOf('=>');
  if (start === -1 || (arrow !== -1 && arrow < start)) {
    return arrow === -1
      ? []
      : [
          source
            .slice(0, arrow)
            .replace(/^async\s/, '')
            .trim(),
        ];
  }
  const parameters: string[] = [];
  let depth = 0;
  let from = start + 1;
  for (let at = start; at < source.length; at++) {
    const unit = source[at] as string;
    if (OPENING.includes(unit)) depth++;
    else if (CLOSING.includes(unit) && --depth === 0) {
      parameters.push(source.slice(from, at).trim());
      return parameters.filter((text) => text !== '');
    } else if (unit === ',' && depth === 1) {
      parameters.push(source.slice(from, at).trim());
      from = at + 1;
    }
  }
  return [];
}
