import { expect, it } from 'vitest';
import { formatComment } from '../../../src/sql-commenter/comment.ts';

it('has its keys in order, and values that can neither end it nor a string', () => {
  expect(formatComment({ db_driver: 'pg', application: "o'neill & co */ ?" })).toBe(
    "/*application='o%27neill%20%26%20co%20%2A%2F%20%3F',db_driver='pg'*/",
  );
});

it('has the members of tracestate as the specification shows them', () => {
  expect(
    formatComment({
      traceparent: '00-5bd66ef5095369c7b0d1f8f4bd33716a-c532cb4098ac3dd2-01',
      tracestate: 'congo=t61rcWkgMzE,rojo=00f067aa0ba902b7',
    }),
  ).toBe(
    "/*traceparent='00-5bd66ef5095369c7b0d1f8f4bd33716a-c532cb4098ac3dd2-01'," +
      "tracestate='congo%3Dt61rcWkgMzE%2Crojo%3D00f067aa0ba902b7'*/",
  );
});

it('copes with half of a surrogate pair', () => {
  expect(formatComment({ application: '\ud800' })).toBe("/*application='%EF%BF%BD'*/");
});
