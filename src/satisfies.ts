type Release = readonly [number, number, number];

/**
 * Whether a version lies in a range such as `>=8.0.3 <9 || >=10`: alternatives of lower (`>=`) and upper (`<`) limits, which may leave
 * out their last numbers. A prerelease counts as its release: `9.0.0-beta.1` is made of the code of 9, so `<9` must not take it in, as
 * the order of prereleases would.
 *
 * Ours are not written in more than this, and the packages that know all of npm's ranges take 3 ms of an app's start.
 */
export function satisfies(version: string, range: string): boolean {
  const numbers = /^(\d+)\.(\d+)\.(\d+)(?:[-+]|$)/.exec(version);
  if (numbers === null) return false;
  const release: Release = [Number(numbers[1]), Number(numbers[2]), Number(numbers[3])];
  return range.split('||').some((limits) =>
    limits
      .trim()
      .split(' ')
      .every((limit) => isWithin(release, limit)),
  );
}

function isWithin(release: Release, limit: string): boolean {
  const isLower = limit.startsWith('>=');
  if (!isLower && !limit.startsWith('<')) return false;
  const numbers = limit.slice(isLower ? 2 : 1).split('.');
  for (let i = 0; i < 3; i++) {
    const difference = release[i]! - Number(numbers[i] ?? 0);
    if (difference !== 0) return difference > 0 === isLower;
  }
  return isLower;
}
