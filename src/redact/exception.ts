import { bounded } from '../encode/flat-copy.ts';
import { isQuoting, isSecret } from './secret-errors.ts';
import { framesOf, MAX_FRAMES_LENGTH, MAX_MESSAGE, MAX_STACK, messageEnd } from './stack.ts';
import { maskText } from './text.ts';

const MAX_TYPE = 128;
const OTHER = '_OTHER';
const CODE = /^[\w.:/-]{1,64}$/;

/** What is sent of an exception, by the names of the specification. */
export interface ExceptionAttributes {
  'exception.type'?: string;
  'exception.message'?: string;
  'exception.stacktrace'?: string;
}

/**
 * What is sent of an exception. Of one whose text may quote values, these are its type, its code and the frames of its stack; of all
 * others the text without what looks like a secret, bounded before it is read. Undefined for what is no exception.
 */
export function exceptionAttributes(exception: unknown): ExceptionAttributes | undefined {
  try {
    if (typeof exception === 'string') {
      return isSecret(exception) ? { 'exception.type': OTHER } : { 'exception.message': textOf(exception) };
    }
    if (typeof exception !== 'object' || exception === null) return undefined;
    return isSecret(exception) ? described(exception) : withText(exception);
  } catch {
    return undefined;
  }
}

interface Thrown {
  name?: unknown;
  code?: unknown;
  message?: unknown;
  stack?: unknown;
  constructor?: { name?: unknown };
}

function withText(exception: Thrown): ExceptionAttributes {
  const { code, message, stack } = exception;
  if (typeof code === 'string' && typeof message === 'string' && code.startsWith('ERR_')) {
    const received = RECEIVED.exec(message.slice(0, MAX_MESSAGE));
    if (received !== null) return described(exception, textOf(message.slice(0, received.index)));
  }
  const text = typeof message === 'string' ? textOf(message) : undefined;
  return {
    'exception.type': exceptionType(exception),
    'exception.message': text,
    'exception.stacktrace': typeof stack === 'string' ? stackOf(stack, message, text) : undefined,
  };
}

/** Node quotes the argument that it refuses. */
const RECEIVED = / Received (?!undefined|null|function |an instance of )/;

/** With another text than its own, or none. */
function described(exception: Thrown, text?: string): ExceptionAttributes {
  const { code, message, stack } = exception;
  const type = exceptionType(exception) ?? OTHER;
  const isCode = typeof code === 'number' || (typeof code === 'string' && CODE.test(code));
  const head = `${type}${isCode ? ` [${String(code)}]` : ''}${text === undefined ? '' : `: ${text}`}`;
  let trace: string | undefined;
  if (typeof stack === 'string') {
    const end = typeof message === 'string' ? messageEnd(stack, message) : -1;
    const frames = framesOf(stack, Math.max(end, 0));
    trace = frames === '' ? head : `${head}\n${frames}`;
  }
  return { 'exception.type': type, 'exception.message': text, 'exception.stacktrace': trace };
}

/**
 * `exception.type`: the class. The name that an error gives itself counts before that of its constructor, which a bundler may have
 * shortened, unless it says nothing (`Error`; `error` in pg).
 */
export function exceptionType({ name, constructor }: Thrown): string | undefined {
  const given = typeof name === 'string' && name !== '' ? name.slice(0, MAX_TYPE) : undefined;
  if (given !== undefined && given !== 'Error' && given !== 'error') return given;
  const className = constructor?.name;
  return typeof className === 'string' && className !== '' && className !== 'Object'
    ? className.slice(0, MAX_TYPE)
    : given;
}

/** A text for people as it may be sent. */
function textOf(text: string): string {
  return maskText(bounded(text, MAX_MESSAGE));
}

/** The description of a span's status as it may be sent. */
export function statusText(message: string): string | undefined {
  return isQuoting(message) ? undefined : textOf(message);
}

/** A stack as it may be sent. The message, whose text that may be sent is known, is not looked at again. */
function stackOf(stack: string, message: unknown, text: string | undefined): string {
  const end = typeof message === 'string' ? messageEnd(stack, message) : -1;
  if (end < 0 || text === undefined) {
    if (stack.length <= MAX_STACK) return maskText(stack);
    return maskText(`${bounded(stack, MAX_MESSAGE)}\n${framesOf(stack, 0)}`);
  }
  const head = stack.slice(0, end - (message as string).length);
  const rest = stack.length - end <= MAX_FRAMES_LENGTH ? stack.slice(end) : `\n${framesOf(stack, end)}`;
  return head + text + maskText(rest);
}
