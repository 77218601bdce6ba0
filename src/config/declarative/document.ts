import { type Document, isScalar, LineCounter, parseDocument, Scalar, visit } from 'yaml';
import { type Environment, substitute } from './substitute.ts';

/** What a YAML file says, with its references to variables replaced. */
export interface Content {
  readonly tree: unknown;
  /** The variables that it refers to. */
  readonly references: Set<string>;
}

const TEXT = 'tag:yaml.org,2002:str';

/**
 * Reads YAML 1.2 by its core schema. Keys and structure cannot come out of variables, and a value's type is that of the text with
 * the variables in it.
 * @throws with one line that says where, and quotes nothing of the file: it may hold secrets
 */
export function readDocument(text: string, env: Environment): Content {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, schema: 'core' });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `line ${line}, column ${col}`;
  };
  const [error] = document.errors;
  if (error !== undefined) throw new Error(`is not valid YAML (${error.code}, ${at(error.pos[0])})`);

  const references = new Set<string>();
  visit(document, {
    Scalar(key, node) {
      if (key === 'key') return;
      const isPlain = node.type === Scalar.PLAIN;
      const written = isPlain ? node.source : node.value;
      if (typeof written !== 'string' || !written.includes('$')) return;
      try {
        const value = substitute(written, env, (name) => references.add(name));
        node.value = isPlain && node.tag !== TEXT ? typed(document, value) : value;
      } catch (error) {
        throw new Error(`${(error as Error).message} (${at(node.range?.[0] ?? 0)})`, { cause: error });
      }
    },
  });
  return { tree: document.toJS(), references };
}

/** What a plain scalar with this text is. */
function typed(document: Document, text: string): unknown {
  const tag = document.schema.tags.find((one) => one.default === true && one.test?.test(text) === true);
  const value = tag?.resolve?.(text as never, () => {}, document.options as never);
  if (value === undefined) return text;
  return isScalar(value) ? value.value : value;
}
