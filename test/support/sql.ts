/** Spans of SQL clients, as the database kit expects them. */
import { expect } from 'vitest';
import type { CallSpan } from '../kit/db.ts';
import { optional } from './expect-trace.ts';

/** A span with its statement and its summary, which names it. */
export const statement = (text: unknown, summary: unknown, more: Partial<CallSpan> = {}): CallSpan => ({
  name: summary,
  attributes: { 'db.query.text': text, 'db.query.summary': summary },
  ...more,
});

/** A statement without a target. */
export const plain = (text: string): CallSpan => ({
  name: expect.any(String),
  attributes: { 'db.query.text': text, 'db.query.summary': optional(expect.any(String)) },
});
