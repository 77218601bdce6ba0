const MASK = '[REDACTED]';

/** Arguments beyond this number, and characters of one beyond this length, are not recorded. */
export const MAX_ARGUMENTS = 64;
export const MAX_ARGUMENT_CHARACTERS = 1024;

/** A single argument may have 128 KiB. One beyond this length is data, and recorded as `[REDACTED]`. */
export const MAX_SEARCHED_CHARACTERS = 16 * 1024;

/** Words in a name whose value is a secret. Rather one too many: a masked harmless value costs nothing. */
const SENSITIVE =
  /pass|pwd|secret|token|key\b|key$|apikey|credential|auth|bearer|signature|session|cookie|dsn|connection.?string|private/i;

/** Flags of Node whose value is source code, where anything may stand. */
const CODE = /^(-e|-p|-pe|--eval|--print)$/;

/**
 * The command line, fit to be sent: values that look like secrets are replaced by `[REDACTED]`, the names before them
 * are kept. Understood are `--password=x`, `--token x`, `API_KEY=x`, `Authorization: x`, credentials and parameters in
 * URLs, JSON Web Tokens, and source code given to `node -e`.
 */
export function maskArguments(args: readonly string[]): string[] {
  const masked: string[] = [];
  let hideNext = false;
  for (const arg of args) {
    if (masked.length === MAX_ARGUMENTS) break;
    // A dash begins many a random token, so only `--name` is taken for a flag without a value before it.
    if (hideNext && !arg.startsWith('--')) {
      masked.push(MASK);
      hideNext = false;
      continue;
    }
    hideNext = CODE.test(arg) || isSensitiveFlag(arg);
    masked.push(maskArgument(arg));
  }
  return masked;
}

function isSensitiveFlag(arg: string): boolean {
  return arg.length > 2 && arg.startsWith('-') && !/[=:\s]/.test(arg) && SENSITIVE.test(arg);
}

/** One argument, see `maskArguments`. Linear in its length. */
export function maskArgument(arg: string): string {
  if (arg.length > MAX_SEARCHED_CHARACTERS) return MASK;
  if (/^--(eval|print)=/.test(arg)) return `${arg.slice(0, arg.indexOf('=') + 1)}${MASK}`;
  let text = maskUserInfo(arg);
  text = maskNamedValue(text);
  text = text.replace(/(?<![\w-])eyJ[\w-]{8,}\.[\w.-]*/g, MASK);
  return text.length > MAX_ARGUMENT_CHARACTERS ? `${text.slice(0, MAX_ARGUMENT_CHARACTERS)}…` : text;
}

/** `scheme://user:password@host`. Up to the last `@`, as passwords are often not escaped. */
function maskUserInfo(text: string): string {
  const slashes = text.indexOf('://');
  if (slashes < 0) return text;
  const at = text.lastIndexOf('@');
  return at < slashes ? text : `${text.slice(0, slashes + 3)}REDACTED:REDACTED${text.slice(at)}`;
}

/**
 * Everything after the first sensitive name that is followed by `=` or `:`. To the end of the argument, since there is
 * no telling where the value ends: it may hold blanks, commas and ampersands.
 */
function maskNamedValue(text: string): string {
  const tokens = /[^\s?&;,=:]+|[=:]/g;
  let sensitive = false;
  for (let found = tokens.exec(text); found !== null; found = tokens.exec(text)) {
    const token = found[0];
    if (token === '=' || token === ':') {
      if (sensitive && tokens.lastIndex < text.length) return `${text.slice(0, tokens.lastIndex)}${MASK}`;
    } else {
      sensitive = SENSITIVE.test(token);
    }
  }
  return text;
}
