/** The place of the last argument that is not undefined: a helper with optional arguments passes on what it was not given. */
export function lastGiven(args: readonly unknown[]): number {
  let last = args.length - 1;
  while (last >= 0 && args[last] === undefined) last--;
  return last;
}
