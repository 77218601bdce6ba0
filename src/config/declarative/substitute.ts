export type Environment = Readonly<Record<string, string | undefined>>;

/** `${…}`; braces and line ends cannot be part of what is in it. */
const REFERENCE = /\$\{([^}\n]+)\}/g;
const VARIABLE = /^(?:env:)?([a-zA-Z_][a-zA-Z0-9_]*)(?::-(.*))?$/;

/**
 * The text of a scalar with its references to variables replaced, as the specification's configuration data model has it: `${NAME}`,
 * `${env:NAME}`, `${NAME:-what holds when it is unset or empty}`, and `$$` for a dollar sign. What comes out of a variable is
 * not looked at again.
 * @param onReference is told of each variable
 * @throws for what begins and ends as a reference and is none: no part of the file counts then
 */
export function substitute(text: string, env: Environment, onReference: (name: string) => void): string {
  // The dollar signs are taken out first, from left to right: `$${A}` is no reference, `$$${A}` is one after a dollar sign.
  return text
    .split('$$')
    .map((part) =>
      part.replace(REFERENCE, (_, inside: string) => {
        const found = VARIABLE.exec(inside);
        // Not shown: what stands there may be a secret in the wrong place.
        if (found === null) throw new Error('has a ${…} that names no variable');
        const [, name, fallback = ''] = found;
        onReference(name!);
        return env[name!] || fallback;
      }),
    )
    .join('$');
}
