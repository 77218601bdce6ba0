import { TEMPLATE } from '../context/layers.ts';
import { bounded } from '../encode/flat-copy.ts';
import type { Call, Facts, Role } from '../operation/operation.ts';
import type { Scope } from '../trace/scope.ts';
import { INTERNAL } from '../trace/span.ts';
import { errorType, failed } from './error.ts';
import { CODE_FILE_PATH } from './keys.ts';
import { keepSecret } from './secret-errors.ts';

const MAX_NAME = 128;
/** No path of a file is longer. */
const MAX_PATH = 4096;

/** Where a template is. Whatever the app gave it: what is no text is nothing. */
export interface TemplateFile {
  /** Undefined for one that is only text. */
  file?: unknown;
  /** The folder of the templates, or several: what people call a template by begins there. */
  folders?: unknown;
}

interface TemplateFacts extends Facts {
  readonly file: string | undefined;
}

/**
 * The role of a template engine: one span for what is rendered, named by its file below the folder of the templates, or by the file's name
 * alone; what a template includes, or renders itself, is a part of that. The text of an error is not sent: engines quote the lines of the
 * template in it.
 */
export function template<Self, Args extends unknown[]>(getters: {
  scope: Scope;
  /** `call` is the call that compiled what is rendered. */
  file(self: Self, args: Args, call: Call | undefined): TemplateFile | undefined;
}): Role<Self, Args, TemplateFacts> {
  const { scope, file: fileOf } = getters;
  return {
    scope,
    kind: INTERNAL,
    layer: TEMPLATE,
    suppresses: TEMPLATE,
    of(self, args, _, call) {
      const { file, folders } = fileOf(self, args, call) ?? {};
      if (typeof file !== 'string' || file === '') return { name: 'render', file: undefined };
      return {
        name: `render ${bounded(nameOf(file, folders), MAX_NAME)}`,
        file: bounded(file, MAX_PATH),
      };
    },
    start(span, { file }) {
      if (file !== undefined) span.add(CODE_FILE_PATH, file);
    },
    end(span, error) {
      if (error === undefined) return;
      keepSecret(error);
      failed(span, errorType(error));
    },
  };
}

function nameOf(file: string, folders: unknown): string {
  for (const folder of Array.isArray(folders) ? folders : [folders]) {
    if (typeof folder !== 'string' || folder === '' || !file.startsWith(folder)) continue;
    if (isSeparator(folder.at(-1))) return file.slice(folder.length);
    if (isSeparator(file[folder.length])) return file.slice(folder.length + 1);
  }
  return file.slice(Math.max(file.lastIndexOf('/'), file.lastIndexOf('\\')) + 1);
}

function isSeparator(character: string | undefined): boolean {
  return character === '/' || character === '\\';
}
