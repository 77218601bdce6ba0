import { TEMPLATE } from '../context/layers.ts';
import { bounded } from '../encode/flat-copy.ts';
import type { Facts, Role } from '../operation/operation.ts';
import type { Scope } from '../trace/scope.ts';
import { INTERNAL } from '../trace/span.ts';
import { keepSecret } from './secret-errors.ts';
import { errorType, failed } from './error.ts';
import { CODE_FILE_PATH } from './keys.ts';

const MAX_NAME = 128;

interface TemplateFacts extends Facts {
  readonly file: string | undefined;
}

/**
 * The role of a template engine: one span for what is rendered, named by its file; what a template includes, or renders itself, is a part of
 * that. The text of an error is not sent: engines quote the lines of the template in it.
 */
export function template<Self, Args extends unknown[]>(getters: {
  scope: Scope;
  /** The file of the template; undefined for one that is only text. */
  file(self: Self, args: Args): string | undefined;
  /** The name for people: the file's name, below the folder of the templates where there is one. */
  name?(self: Self, args: Args): string | undefined;
}): Role<Self, Args, TemplateFacts> {
  const { scope, file: fileOf, name: nameOf } = getters;
  return {
    scope,
    kind: INTERNAL,
    layer: TEMPLATE,
    suppresses: TEMPLATE,
    of(self, args) {
      const file = fileOf(self, args);
      const name = nameOf?.(self, args) ?? (file === undefined ? undefined : baseOf(file));
      return { name: name === undefined ? 'render' : `render ${bounded(name, MAX_NAME)}`, file };
    },
    start(span, { file }) {
      span.add(CODE_FILE_PATH, file);
    },
    end(span, error) {
      if (error === undefined) return;
      keepSecret(error);
      failed(span, errorType(error));
    },
  };
}

function baseOf(file: string): string {
  return file.slice(Math.max(file.lastIndexOf('/'), file.lastIndexOf('\\')) + 1);
}
