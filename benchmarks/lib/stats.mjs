export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** @returns {{median: number, min: number, max: number}} */
export function spread(values) {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/** The value below which `share` (0 to 1) of the sorted values lie. */
export function percentile(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

/** Least squares over `[x, y]`: what y grows by for each x, and the standard error of that. */
export function trend(points) {
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const sum = (of) => points.reduce((total, [x, y]) => total + of(x, y), 0);
  const [x0, y0] = [mean(points.map(([x]) => x)), mean(points.map(([, y]) => y))];
  const square = sum((x) => (x - x0) ** 2) || 1;
  const slope = sum((x, y) => (x - x0) * (y - y0)) / square;
  const left = sum((x, y) => (y - y0 - slope * (x - x0)) ** 2);
  return { slope, error: Math.sqrt(left / Math.max(1, points.length - 2) / square) };
}
