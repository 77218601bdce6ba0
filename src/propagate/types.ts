/** B3 only, beside the trace flags, which are the lower 8 bits: the caller debugs, which every service is to know. Implies sampled. */
export const DEBUG = 0x400;
/** B3 only: the caller leaves the decision to the receiver. */
export const UNDECIDED = 0x800;

/**
 * Ours, never read from a carrier or written to one: what this process was asked for is not to be recorded, nor anything below it,
 * whatever the sampler would say.
 */
export const DENIED_BELOW = 0x1000;

/** A remote parent as integers; ids are int32 halves, most significant first. */
export interface RemoteParent {
  t0: number;
  t1: number;
  t2: number;
  t3: number;
  s0: number;
  s1: number;
  /** W3C trace flags: 0x01 sampled, 0x02 random trace id; and {@link DEBUG}, {@link UNDECIDED}. */
  flags: number;
  /** The `tracestate` list, normalised and valid; undefined if there was none or it was refused. */
  traceState: string | undefined;
}

/** Reads a header; a name is given in lower case. An array is one entry for each header line. */
export type HeaderGetter<C> = (carrier: C, name: string) => string | string[] | undefined;

/** Writes a header. */
export type HeaderSetter<C> = (carrier: C, name: string, value: string) => void;

/** The only line of a header; undefined if there is none, or more than one where one is allowed. */
export function onlyLine(header: string | string[] | undefined): string | undefined {
  if (typeof header === 'string') return header;
  return Array.isArray(header) && header.length === 1 && typeof header[0] === 'string'
    ? header[0]
    : undefined;
}
