/** A Markdown table whose columns line up when read as plain text. The first column is text, the others numbers. */
export function table(headings, rows) {
  const cells = [headings, ...rows].map((row) => row.map((cell) => String(cell ?? '–')));
  const widths = headings.map((_, column) => Math.max(3, ...cells.map((row) => row[column].length)));
  const line = (row) =>
    `| ${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join(' | ')} |`;
  const rule = `|${widths.map((width, i) => (i === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`;
  return [line(cells[0]), rule, ...cells.slice(1).map(line)].join('\n');
}

/** Three significant digits where that makes sense: 0.42, 5.4, 15.6, 441. */
export function number(value) {
  if (value === undefined || Number.isNaN(value)) return '–';
  const size = Math.abs(value);
  const digits = size >= 100 ? 0 : size >= 1 ? 1 : 2;
  const text = size >= 1000 ? Math.round(size).toLocaleString('en-US') : size.toFixed(digits);
  return value < 0 ? `−${text}` : text;
}

export function signed(value) {
  if (value === undefined) return '–';
  return value < 0 ? number(value) : `+${number(value)}`;
}

/** `5.4 (5.1–6.0)` */
export function withSpread({ median, min, max }, format = number) {
  return `${format(median)} (${number(min)}–${number(max)})`;
}
