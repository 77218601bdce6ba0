import { redisPolicies, type RedisPolicy, SUBCOMMANDS } from './redis-commands.ts';

/** A longer statement ends in ` ...`, a longer argument in `...`. In UTF-16 units. */
export const MAX_REDIS_STATEMENT = 1_024;
export const MAX_REDIS_ARGUMENT = 256;

const MAX_COMMAND = 32;
const MAX_FLATTENED = 1_024;
const MAX_DEPTH = 3;
const HIDDEN = '?';

function policyOf(command: string): RedisPolicy | undefined {
  const policy = redisPolicies().get(command);
  if (policy !== undefined) return policy;
  return command.length > MAX_COMMAND ? undefined : redisPolicies().get(command.toUpperCase());
}

const OTHER = '_OTHER';
/** Commands of modules and of the app's own servers that are named; an app may send what it likes. */
const MAX_OWN = 200;
const own = new Set<string>();

/** The command in upper case (`db.operation.name`); `_OTHER` for what is no word, and for more unknown ones than there can be. */
export function redisOperation(command: string): string {
  const policy = policyOf(command);
  if (policy !== undefined) return policy.name;
  const word = wordOf(command);
  if (word === undefined) return OTHER;
  if (!own.has(word)) {
    if (own.size >= MAX_OWN) return OTHER;
    own.add(word);
  }
  return word;
}

/**
 * A command for `db.query.text`: the arguments that its policy keeps (keys, fields, channels) and `?` for each other one. Of an
 * unknown command no argument is kept. Arguments in arrays count as if they stood alone. Never throws.
 */
export function redisStatement(command: string, args: ArrayLike<unknown>): string {
  const policy = policyOf(command);
  const length = args.length;
  // GET key, SET key value: no loop.
  if (
    policy !== undefined &&
    policy.keep === 1 &&
    !policy.subcommand &&
    policy.countAt < 0 &&
    !policy.pairs
  ) {
    if (length === 0) return policy.name;
    const key = args[0];
    if (typeof key === 'string' && key.length <= MAX_REDIS_ARGUMENT) {
      if (length === 1) return `${policy.name} ${key}`;
      if (length === 2 && !Array.isArray(args[1])) return `${policy.name} ${key} ?`;
    }
  }
  return statement(policy, command, flattened(args));
}

function statement(policy: RedisPolicy | undefined, command: string, args: ArrayLike<unknown>): string {
  const length = args.length;
  let text = policy === undefined ? unknownName(command) : policy.name;
  let keep = policy === undefined ? 0 : policy.keep;
  let from = 0;
  if (policy !== undefined && policy.subcommand) {
    if (length === 0) return text;
    const subcommand = subcommandOf(args[0]);
    text += ` ${subcommand ?? HIDDEN}`;
    if (subcommand === undefined) keep = 0;
    keep++;
    from = 1;
  }
  const countAt = policy === undefined ? -1 : policy.countAt;
  const keysEnd = countAt < 0 || countAt >= length ? -1 : countAt + 1 + keyCount(args[countAt]);
  const pairs = policy !== undefined && policy.pairs;
  for (let i = from; i < length; i++) {
    if (text.length > MAX_REDIS_STATEMENT) return `${text.slice(0, MAX_REDIS_STATEMENT)} ...`;
    const kept =
      i < keep || (pairs && (i - keep) % 2 === 0) || (keysEnd > countAt + 1 && i >= countAt && i < keysEnd);
    text += kept ? ` ${shown(args[i])}` : ' ?';
  }
  return text.length > MAX_REDIS_STATEMENT ? `${text.slice(0, MAX_REDIS_STATEMENT)} ...` : text;
}

/** How many keys follow; 0 for what is no small number, so that nothing is kept. */
function keyCount(value: unknown): number {
  const count = typeof value === 'string' && value.length <= 4 ? Number(value) : value;
  return typeof count === 'number' && Number.isInteger(count) && count > 0 && count < 10_000 ? count : 0;
}

function subcommandOf(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > MAX_COMMAND) return undefined;
  const name = value.toUpperCase();
  return SUBCOMMANDS.has(name) ? name : undefined;
}

function unknownName(command: string): string {
  return command === OTHER ? OTHER : (wordOf(command) ?? HIDDEN);
}

const WORD = /^[a-z]+(?:[._-]+[a-z]+)*$/i;

/** The name of an unknown command, such as `GRAPH.QUERY`; undefined for what may be anything else, in a wrong call. */
function wordOf(command: string): string | undefined {
  return typeof command === 'string' && command.length <= MAX_COMMAND && WORD.test(command)
    ? command.toUpperCase()
    : undefined;
}

/** A kept argument as text. */
function shown(value: unknown): string {
  if (typeof value === 'string') {
    return value.length <= MAX_REDIS_ARGUMENT ? value : `${value.slice(0, MAX_REDIS_ARGUMENT)}...`;
  }
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  if (value instanceof Uint8Array) return shownBytes(value);
  return HIDDEN;
}

/** A key in a Buffer: as text if it is ASCII, else not at all. */
function shownBytes(bytes: Uint8Array): string {
  if (bytes.length > MAX_REDIS_ARGUMENT) return HIDDEN;
  for (let i = 0; i < bytes.length; i++) {
    if (bytes[i] < 0x20 || bytes[i] > 0x7e) return HIDDEN;
  }
  return String.fromCharCode.apply(undefined, bytes as unknown as number[]);
}

/** The arguments themselves if none is an array, else a flat copy. */
function flattened(args: ArrayLike<unknown>): ArrayLike<unknown> {
  for (let i = 0; i < args.length; i++) {
    if (Array.isArray(args[i])) {
      const flat: unknown[] = [];
      flatten(args, flat, 0);
      return flat;
    }
  }
  return args;
}

function flatten(from: ArrayLike<unknown>, to: unknown[], depth: number): void {
  for (let i = 0; i < from.length && to.length < MAX_FLATTENED; i++) {
    const value = from[i];
    if (Array.isArray(value) && depth < MAX_DEPTH) flatten(value, to, depth + 1);
    else to.push(value);
  }
}
