import * as k from '../../../semconv/keys.ts';
import { SERVICE_NAME } from '../../../semconv/keys-resource.ts';
import type { DecodedAttribute, DecodedSpan, DecodedValue } from '../../../encode/read.ts';
import { printable } from '../../../printable.ts';

export interface TreeOptions {
  /** Whether to use ANSI colours. */
  color: boolean;
  /** Lines are cut to this many columns. */
  width: number;
}

const BAR_COLUMNS = 24;
const MAX_NAME_COLUMNS = 56;
const MIN_NAME_COLUMNS = 20;
const MAX_INDENT_COLUMNS = 42;
const ERROR = 2;
const KINDS = ['', '', 'server', 'client', 'producer', 'consumer'];

const STYLES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, blue: 34, magenta: 35, cyan: 36 } as const;
type Style = keyof typeof STYLES;
/** Services get these in turn, so that one sees where a trace crosses a process. */
const SERVICE_STYLES: readonly Style[] = ['cyan', 'magenta', 'blue', 'yellow', 'green'];

/** The attributes worth a place on the line, in this order. */
const SHOWN_ATTRIBUTES = [
  k.HTTP_RESPONSE_STATUS_CODE,
  k.DB_RESPONSE_STATUS_CODE,
  k.ERROR_TYPE,
  k.DB_SYSTEM_NAME,
  k.DB_QUERY_TEXT,
  k.DB_OPERATION_NAME,
  k.URL_FULL,
  k.URL_PATH,
].map(({ name }) => name);

interface Node {
  span: DecodedSpan;
  children: Node[];
}

/**
 * One trace as a readable tree: service, name, where in the trace's time the span lies, duration, key attributes. Spans
 * may come from several services. Those whose parent is not among them are shown as roots.
 *
 * Control characters of names and values are replaced: a trace must not steer the terminal.
 */
export function renderTrace(spans: readonly DecodedSpan[], { color, width }: TreeOptions): string {
  if (spans.length === 0) return '';
  const paint = (style: Style, text: string): string =>
    color && text !== '' ? `\u001b[${STYLES[style]}m${text}\u001b[0m` : text;
  const services = new Map<string, Style>();
  for (const span of spans) {
    const service = serviceOf(span);
    if (!services.has(service)) services.set(service, SERVICE_STYLES[services.size % SERVICE_STYLES.length]!);
  }
  const start = least(spans, 'startTimeUnixNano');
  const end = spans.reduce((end, s) => (s.endTimeUnixNano > end ? s.endTimeUnixNano : end), start);
  const rows: { branch: string; span: DecodedSpan }[] = [];
  for (const root of forest(spans)) addRows(rows, root, '', '');

  const nameColumns = clamp(
    Math.max(...rows.map(({ branch, span }) => columns(branch) + columns(label(span)))),
    MIN_NAME_COLUMNS,
    MAX_NAME_COLUMNS,
  );
  const ids = new Set(spans.map((span) => span.traceId));
  const errors = spans.filter((span) => span.status.code === ERROR).length;
  const heading = [
    `${ids.size === 1 ? `trace ${[...ids][0]}` : `${ids.size} traces`}`,
    `${spans.length} span${spans.length === 1 ? '' : 's'}`,
    duration(end - start),
    ...(errors > 0 ? [`${errors} error${errors === 1 ? '' : 's'}`] : []),
  ].join(' · ');
  const lines = [paint('bold', heading)];
  for (const { branch, span } of rows) {
    const failed = span.status.code === ERROR;
    const service = serviceOf(span);
    const name = printable(span.name);
    const room = nameColumns - columns(branch);
    const shownService = fit(service, Math.max(room, 1));
    const shownName = fit(name, Math.max(room - columns(shownService) - 1, 0));
    const used = columns(branch) + columns(shownService) + 1 + columns(shownName);
    const time = duration(span.endTimeUnixNano - span.startTimeUnixNano).padStart(9);
    const mark = failed ? '✗' : ' ';
    const fixed = nameColumns + 1 + 2 + BAR_COLUMNS + 1 + 9 + 2;
    const details = fit(detailsOf(span), Math.max(width - fixed, 0));
    lines.push(
      (
        paint('dim', branch) +
        paint(services.get(service)!, shownService) +
        ' ' +
        (failed ? paint('red', shownName) : shownName) +
        ' '.repeat(Math.max(nameColumns + 1 - used, 0)) +
        paint('red', mark) +
        ' ' +
        paint(failed ? 'red' : 'dim', bar(span, start, end)) +
        ' ' +
        time +
        '  ' +
        (failed ? paint('red', details) : paint('dim', details))
      ).trimEnd(),
    );
  }
  return `${lines.join('\n')}\n`;
}

function forest(spans: readonly DecodedSpan[]): Node[] {
  const nodes = new Map<string, Node>();
  for (const span of spans) nodes.set(`${span.traceId}/${span.spanId}`, { span, children: [] });
  const roots: Node[] = [];
  for (const span of spans) {
    const node = nodes.get(`${span.traceId}/${span.spanId}`)!;
    // Two spans with one id: the first one stands for both.
    if (node.span !== span) continue;
    const parent = nodes.get(`${span.traceId}/${span.parentSpanId}`);
    (parent === undefined || parent === node ? roots : parent.children).push(node);
  }
  const byStart = (a: Node, b: Node): number =>
    a.span.startTimeUnixNano < b.span.startTimeUnixNano
      ? -1
      : a.span.startTimeUnixNano > b.span.startTimeUnixNano
        ? 1
        : 0;
  for (const node of nodes.values()) node.children.sort(byStart);
  // Spans that are each other's parents hang on no root; without this they would be missing.
  const reached = new Set<Node>();
  const reach = (from: Node[]): void => {
    const queue = [...from];
    for (let node = queue.pop(); node; node = queue.pop()) {
      if (reached.has(node)) continue;
      reached.add(node);
      queue.push(...node.children);
    }
  };
  reach(roots);
  for (const node of nodes.values()) {
    if (reached.has(node)) continue;
    for (const other of nodes.values()) {
      const at = other.children.indexOf(node);
      if (at >= 0) other.children.splice(at, 1);
    }
    roots.push(node);
    reach([node]);
  }
  return roots.sort(byStart);
}

function addRows(
  rows: { branch: string; span: DecodedSpan }[],
  root: Node,
  first: string,
  rest: string,
): void {
  // A stack of our own: a trace may be deeper than the call stack.
  const stack = [{ node: root, first, rest }];
  for (let next = stack.pop(); next; next = stack.pop()) {
    const { node, first, rest } = next;
    rows.push({ branch: first, span: node.span });
    for (let i = node.children.length - 1; i >= 0; i--) {
      const last = i === node.children.length - 1;
      stack.push({
        node: node.children[i]!,
        first: rest + (last ? '└─ ' : '├─ '),
        // Deeper than this the indent says nothing any more, and costs the square of the depth.
        rest: rest.length < MAX_INDENT_COLUMNS ? rest + (last ? '   ' : '│  ') : rest,
      });
    }
  }
}

function serviceOf({ resource }: DecodedSpan): string {
  const found = resource.attributes.find(({ key }) => key === SERVICE_NAME);
  return typeof found?.value === 'string' ? printable(found.value) : '-';
}

function label(span: DecodedSpan): string {
  return `${serviceOf(span)} ${printable(span.name)}`;
}

function bar(span: DecodedSpan, start: bigint, end: bigint): string {
  const total = Number(end - start);
  const from = total > 0 ? Number(span.startTimeUnixNano - start) / total : 0;
  const to = total > 0 ? Number(span.endTimeUnixNano - start) / total : 1;
  const left = clamp(Math.floor(from * BAR_COLUMNS), 0, BAR_COLUMNS - 1);
  const length = clamp(Math.round((to - from) * BAR_COLUMNS), 1, BAR_COLUMNS - left);
  return '·'.repeat(left) + '█'.repeat(length) + '·'.repeat(BAR_COLUMNS - left - length);
}

function detailsOf(span: DecodedSpan): string {
  // A set: `error.type` often repeats the status, the operation of a cache its text.
  const found = new Set<string>();
  const kind = KINDS[span.kind];
  if (kind) found.add(kind);
  for (const key of SHOWN_ATTRIBUTES) {
    const attribute = span.attributes.find((attribute) => attribute.key === key);
    if (attribute !== undefined) found.add(textOf(attribute.value));
  }
  const message = span.status.message || exceptionMessage(span);
  if (span.status.code === ERROR && message) found.add(message);
  found.delete('');
  return [...found].join('  ');
}

function exceptionMessage(span: DecodedSpan): string {
  for (const event of span.events) {
    const found = event.attributes.find(({ key }) => key === 'exception.message');
    if (found !== undefined) return textOf(found.value);
  }
  return '';
}

function textOf(value: DecodedValue): string {
  if (typeof value === 'string') return printable(value);
  if (value === undefined) return '';
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (Array.isArray(value)) return `[${value.map(textOf).join(', ')}]`;
  if (typeof value === 'object') {
    return `{${value.entries.map(({ key, value }: DecodedAttribute) => `${printable(key)}: ${textOf(value)}`).join(', ')}}`;
  }
  return String(value);
}

/** A duration in three digits or so: "850 ns", "12.3 µs", "4.56 ms", "1.20 s". */
export function duration(nanoseconds: bigint): string {
  const ns = Number(nanoseconds);
  if (ns < 1000) return `${ns} ns`;
  const [value, unit] = ns < 1e6 ? [ns / 1e3, 'µs'] : ns < 1e9 ? [ns / 1e6, 'ms'] : [ns / 1e9, 's'];
  return `${value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} ${unit}`;
}

function columns(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

function fit(text: string, most: number): string {
  if (columns(text) <= most) return text;
  return most === 0 ? '' : `${[...text].slice(0, most - 1).join('')}…`;
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}

function least(spans: readonly DecodedSpan[], field: 'startTimeUnixNano'): bigint {
  return spans.reduce((least, span) => (span[field] < least ? span[field] : least), spans[0]![field]);
}
