import semifies from 'semifies';

/**
 * Whether a version lies in a range such as `>=8.0.3 <9 || >=10` (alternatives are separated by spaces around `||`).
 * A prerelease counts as its release: `9.0.0-beta.1` is made of the code of 9, so `<9` must not take it in, as the order of
 * prereleases would.
 */
export function satisfies(version: string, range: string): boolean {
  const release = version.split(/[-+]/, 1)[0];
  return /^\d+\.\d+\.\d+$/.test(release) && semifies(release, range);
}
