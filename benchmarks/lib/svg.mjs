// Two kinds of picture: horizontal bars with min–max whiskers, and lines over time. Plain SVG that follows the reader's
// light or dark setting.
const COLOURS = { none: '#8a8f98', floor: '#2a9d8f', foretrace: '#2f6fed', otel: '#f08c2e', dd: '#a05bd6' };
const WIDTH = 760;

const STYLE = `
  text { font: 13px system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif; fill: #1f2328; }
  .title { font-size: 16px; font-weight: 600; }
  .group { font-weight: 600; }
  .small { font-size: 12px; fill: #59636e; }
  .paper { fill: #ffffff; }
  .grid { stroke: #d8dee4; }
  .whisker { stroke: #1f2328; stroke-width: 1.5; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .small { fill: #9198a1; }
    .paper { fill: #0d1117; }
    .grid { stroke: #30363d; }
    .whisker { stroke: #e6edf3; }
  }`;

function escape(text) {
  return String(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function text(x, y, content, attributes = '') {
  return `<text x="${round(x)}" y="${round(y)}" ${attributes}>${escape(content)}</text>`;
}

function round(value) {
  return Math.round(value * 10) / 10;
}

/** Steps of 1, 2 or 5 × 10^n, about `count` of them up to `max`. */
function ticks(max, count = 6) {
  const raw = max / count || 1;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= raw);
  const values = [];
  for (let value = 0; value <= max + step / 1000; value += step) values.push(Number(value.toPrecision(12)));
  return values;
}

function page(height, title, note, body) {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escape(title)}">
<style>${STYLE}
</style>
<rect class="paper" width="${WIDTH}" height="${height}" rx="6"/>
${text(20, 30, title, 'class="title"')}
${text(20, 50, note, 'class="small"')}
${body.join('\n')}
</svg>
`;
}

/**
 * @param {{title: string, note: string, unit: string, rows: Array<{label: string, kind: string, shown: string, group?: string,
 *   spread: {median: number, min: number, max: number}}>}} chart `shown` is the text beside the bar
 */
export function bars({ title, note, unit, rows }) {
  const left = 190;
  const right = 150;
  const rowHeight = 30;
  const body = [];
  const top = Math.max(...rows.map(({ spread }) => spread.max), 0) || 1;
  const bottom = Math.min(0, ...rows.map(({ spread }) => spread.min));
  const scale = (WIDTH - left - right) / (top - bottom);
  const x = (value) => left + (value - bottom) * scale;

  let y = 70;
  let group;
  const drawn = [];
  for (const row of rows) {
    if (row.group !== group) {
      group = row.group;
      y += 22;
      drawn.push(text(20, y - 4, group, 'class="group"'));
      y += 4;
    }
    const middle = y + rowHeight / 2;
    const from = Math.min(x(0), x(row.spread.median));
    const width = Math.max(1, Math.abs(x(row.spread.median) - x(0)));
    drawn.push(text(left - 10, middle + 4, row.label, 'text-anchor="end"'));
    drawn.push(
      `<rect x="${round(from)}" y="${y + 5}" width="${round(width)}" height="${rowHeight - 10}" rx="2" fill="${COLOURS[row.kind]}"/>`,
    );
    if (row.spread.max > row.spread.min) {
      const [a, b] = [round(x(row.spread.min)), round(x(row.spread.max))];
      drawn.push(
        `<path class="whisker" fill="none" d="M${a} ${middle}H${b}M${a} ${middle - 5}v10M${b} ${middle - 5}v10"/>`,
      );
    }
    drawn.push(text(x(row.spread.max) + 10, middle + 4, row.shown));
    y += rowHeight;
  }
  for (const tick of ticks(top)) {
    body.push(`<path class="grid" d="M${round(x(tick))} 66V${y + 4}"/>`);
    body.push(text(x(tick), y + 20, tick.toLocaleString('en-US'), 'class="small" text-anchor="middle"'));
  }
  body.push(...drawn, text(WIDTH - 20, y + 20, unit, 'class="small" text-anchor="end"'));
  return page(y + 34, title, note, body);
}

/**
 * @param {{title: string, note: string, xUnit: string, yUnit: string, series: Array<{label: string, kind: string,
 *   points: Array<[number, number]>}>}} chart
 */
export function lines({ title, note, xUnit, yUnit, series }) {
  const [left, right, top, bottom] = [60, 170, 70, 330];
  const all = series.flatMap(({ points }) => points);
  const maxX = Math.max(...all.map(([x]) => x)) || 1;
  const maxY = Math.max(...all.map(([, y]) => y)) * 1.05 || 1;
  const x = (value) => left + (value / maxX) * (WIDTH - left - right);
  const y = (value) => bottom - (value / maxY) * (bottom - top);
  const body = [];
  for (const tick of ticks(maxY)) {
    body.push(`<path class="grid" d="M${left} ${round(y(tick))}H${WIDTH - right}"/>`);
    body.push(text(left - 8, y(tick) + 4, tick.toLocaleString('en-US'), 'class="small" text-anchor="end"'));
  }
  for (const tick of ticks(maxX)) {
    body.push(text(x(tick), bottom + 18, tick.toLocaleString('en-US'), 'class="small" text-anchor="middle"'));
  }
  body.push(text(left, bottom + 36, `${yUnit}, ${xUnit}`, 'class="small"'));
  // Labels stand at the lines' ends, moved apart where they would cover each other.
  const labels = series
    .map(({ label, kind, points }) => ({ label, kind, at: y(points.at(-1)[1]) }))
    .sort((a, b) => a.at - b.at);
  for (let i = 1; i < labels.length; i++) labels[i].at = Math.max(labels[i].at, labels[i - 1].at + 16);
  for (const { label, kind, at } of labels) {
    body.push(`<circle cx="${WIDTH - right + 12}" cy="${round(at)}" r="5" fill="${COLOURS[kind]}"/>`);
    body.push(text(WIDTH - right + 22, at + 4, label));
  }
  for (const { kind, points } of series) {
    const path = points
      .map(([px, py], i) => `${i === 0 ? 'M' : 'L'}${round(x(px))} ${round(y(py))}`)
      .join('');
    body.push(`<path d="${path}" fill="none" stroke="${COLOURS[kind]}" stroke-width="2"/>`);
  }
  return page(bottom + 50, title, note, body);
}
