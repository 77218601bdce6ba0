/** Whole-trace expectations: "these spans, in this tree and order, and no others". */
import { expect } from 'vitest';
import type { Attributes, ReceivedSpan, SpanKind } from './otlp.ts';

/** A span as a test writes it down. What is left out is not compared, except `status` and `children`. */
export interface ExpectedSpan {
  /** Text, or an asymmetric matcher such as `expect.stringMatching(…)`; the same holds for attribute values. */
  name: unknown;
  kind?: SpanKind;
  /** All attributes of the span; see {@link TraceOptions.attributes}. */
  attributes?: Record<string, unknown>;
  /** Default: `UNSET`, without a message. */
  status?: ReceivedSpan['status']['code'] | { code: ReceivedSpan['status']['code']; message?: unknown };
  /** Names of the events, in order. */
  events?: unknown[];
  /** `traceId`/`spanId` of the links, in order. */
  links?: { traceId: string; spanId: string }[];
  traceId?: unknown;
  /** Of a root of the received part of the trace: the id of its remote parent, or `undefined` for none. */
  parentSpanId?: unknown;
  traceState?: unknown;
  /** Name of the instrumentation scope. */
  scope?: unknown;
  /** In order of their start. Default: none. */
  children?: ExpectedSpan[];
}

export interface TraceOptions {
  /** `exact` (default): no other attributes than those expected; `subset`: others may be there. */
  attributes?: 'exact' | 'subset';
}

export interface SpanNode {
  span: ReceivedSpan;
  children: SpanNode[];
}

const OPTIONAL = Symbol('optional');

/** An attribute that may be missing; when it is there it has to be equal. */
export function optional(value: unknown): { [OPTIONAL]: unknown } {
  return { [OPTIONAL]: value };
}

/**
 * The trees that the spans make, siblings in order of their start. A span whose parent was not received is a root.
 * Throws when two spans have the same id.
 */
export function traceTrees(spans: readonly ReceivedSpan[]): SpanNode[] {
  const nodes = new Map<string, SpanNode>();
  for (const span of spans) {
    const key = span.traceId + span.spanId;
    if (nodes.has(key)) throw new Error(`span ${span.spanId} (${span.name}) was received twice`);
    nodes.set(key, { span, children: [] });
  }
  const roots: SpanNode[] = [];
  for (const node of nodes.values()) {
    const parent = node.span.parentSpanId && nodes.get(node.span.traceId + node.span.parentSpanId);
    (parent ? parent.children : roots).push(node);
  }
  const byStart = (a: SpanNode, b: SpanNode): number =>
    a.span.startTimeUnixNano < b.span.startTimeUnixNano
      ? -1
      : Number(a.span.startTimeUnixNano > b.span.startTimeUnixNano);
  roots.sort(byStart);
  for (const { children } of nodes.values()) children.sort(byStart);
  return roots;
}

/** Fails, printing both trees, unless the spans are exactly the expected trees. */
export function expectTrace(
  spans: readonly ReceivedSpan[],
  expected: ExpectedSpan[],
  { attributes = 'exact' }: TraceOptions = {},
): void {
  const roots = traceTrees(spans);
  const message = `\nexpected\n${drawExpected(expected)}\nreceived\n${drawReceived(roots)}\n`;
  expect(
    roots.map((node, index) => received(node, expected[index])),
    message,
  ).toEqual(expected.map((span, index) => wanted(span, roots[index], attributes)));
}

/** What of the received span the expectation speaks about. */
function received({ span, children }: SpanNode, expected: ExpectedSpan | undefined): Record<string, unknown> {
  const out: Record<string, unknown> = { name: span.name, status: span.status };
  if (!expected || 'kind' in expected) out.kind = span.kind;
  if (!expected || 'attributes' in expected) out.attributes = { ...span.attributes };
  if (expected && 'events' in expected) out.events = span.events.map(({ name }) => name);
  if (expected && 'links' in expected)
    out.links = span.links.map(({ traceId, spanId }) => ({ traceId, spanId }));
  if (expected && 'traceId' in expected) out.traceId = span.traceId;
  if (expected && 'parentSpanId' in expected) out.parentSpanId = span.parentSpanId;
  if (expected && 'traceState' in expected) out.traceState = span.traceState;
  if (expected && 'scope' in expected) out.scope = span.scope.name;
  out.children = children.map((child, index) => received(child, expected?.children?.[index]));
  return out;
}

function wanted(
  expected: ExpectedSpan,
  node: SpanNode | undefined,
  mode: 'exact' | 'subset',
): Record<string, unknown> {
  const { status = 'UNSET', children = [], attributes, ...rest } = expected;
  const out: Record<string, unknown> = {
    ...rest,
    status:
      typeof status === 'string' ? { code: status } : withoutAbsent({ ...status }, { ...node?.span.status }),
    children: children.map((child, index) => wanted(child, node?.children[index], mode)),
  };
  if (attributes) {
    const present = withoutAbsent(attributes, node?.span.attributes ?? {});
    out.attributes = mode === 'subset' ? expect.objectContaining(present) : present;
  }
  return out;
}

function withoutAbsent(expected: Record<string, unknown>, actual: Attributes): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(expected)) {
    if (typeof value !== 'object' || value === null || !(OPTIONAL in value)) out[key] = value;
    else if (key in actual) out[key] = value[OPTIONAL];
  }
  return out;
}

/** The trees as text, one line a span, attributes below it. */
export function drawReceived(roots: readonly SpanNode[], indent = '  '): string {
  const lines = roots.map(
    ({ span, children }) =>
      line(indent, span.kind, span.name, span.status, span.attributes) +
      drawReceived(children, `${indent}    `),
  );
  return lines.join('') || (indent === '  ' ? '  (nothing)\n' : '');
}

function drawExpected(spans: readonly ExpectedSpan[], indent = '  '): string {
  const lines = spans.map(
    ({ kind, name, status, attributes = {}, children = [] }) =>
      line(indent, kind ?? 'any', name, status ?? 'UNSET', attributes) +
      drawExpected(children, `${indent}    `),
  );
  return lines.join('') || (indent === '  ' ? '  (nothing)\n' : '');
}

function line(
  indent: string,
  kind: string,
  name: unknown,
  status: unknown,
  attributes: Record<string, unknown>,
): string {
  const words = Object.entries(attributes).map(([key, value]) => `${indent}  · ${key}=${show(value)}\n`);
  return `${indent}${kind} ${show(name)} ${show(status)}\n${words.sort().join('')}`;
}

function show(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return String(value);
  if (OPTIONAL in value) return `${show(value[OPTIONAL])} (or absent)`;
  if ('toAsymmetricMatcher' in value)
    return (value as { toAsymmetricMatcher(): string }).toAsymmetricMatcher();
  if (Array.isArray(value)) return `[${value.map(show).join(', ')}]`;
  return Object.values(value).map(show).join(': ');
}
