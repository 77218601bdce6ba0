/** OTLP's severity numbers, of which each name has four. */
export const TRACE = 1;
export const DEBUG = 5;
export const INFO = 9;
export const WARN = 13;
export const ERROR = 17;
export const FATAL = 21;

/**
 * By the names of levels, in lower case: those of most loggers, of syslog as in the appendix of the specification's log data model, of npm and
 * of winston's command lines.
 */
const BY_NAME: Readonly<Record<string, number>> = {
  __proto__: null as never,
  trace: TRACE,
  silly: TRACE,
  input: TRACE,
  debug: DEBUG,
  verbose: DEBUG + 1,
  prompt: DEBUG + 1,
  http: DEBUG + 2,
  info: INFO,
  help: INFO,
  data: INFO,
  log: INFO,
  mark: INFO,
  notice: INFO + 1,
  warn: WARN,
  warning: WARN,
  error: ERROR,
  crit: ERROR + 1,
  critical: ERROR + 1,
  alert: ERROR + 2,
  fatal: FATAL,
  emerg: FATAL,
  emergency: FATAL,
};

/** The severity of a level's name; 0 for one that only the app knows. */
export function severityOfName(name: string): number {
  return BY_NAME[name] ?? BY_NAME[name.toLowerCase()] ?? 0;
}

/**
 * The severity of a level by its number, where `step` lies between two of the six usual ones (trace is one step): levels between them are
 * between theirs.
 */
export function severityOfNumber(level: number, step: number): number {
  const severity = Math.floor((level / step) * 4) - 3;
  return severity >= TRACE ? Math.min(severity, FATAL + 3) : TRACE;
}
