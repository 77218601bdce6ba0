import { expect, it } from 'vitest';
import { parseSamplingRules } from '../../../src/config/sampling-rules.ts';

it.each([
  ['/health*=0', [{ service: undefined, pattern: '/health*', ratio: 0 }]],
  [
    ' POST /orders* = 1 ;; *=.05; ',
    [
      { service: undefined, pattern: 'POST /orders*', ratio: 1 },
      { service: undefined, pattern: '*', ratio: 0.05 },
    ],
  ],
  ['/a=b=1e-3', [{ service: undefined, pattern: '/a=b', ratio: 0.001 }]],
  ['service:shop /x*=1', [{ service: 'shop', pattern: '/x*', ratio: 1 }]],
  ['service:batch-*=0.5', [{ service: 'batch-*', pattern: '*', ratio: 0.5 }]],
  ['process orders=0', [{ service: undefined, pattern: 'process orders', ratio: 0 }]],
])('%j is %j', (text, rules) => {
  expect(parseSamplingRules(text)).toEqual({ rules });
});

it.each(['/a', '/a=', '=1', '/a=2', '/a=-1', '/a=x', '/a=1 %', 'service:=1', 'service: /a=1', '/a=Infinity'])(
  '%j is no rule, those around it hold',
  (bad) => {
    const { rules, problem } = parseSamplingRules(`/x=0;${bad};/y=1`);
    expect(rules.map(({ pattern }) => pattern)).toEqual(['/x', '/y']);
    expect(problem).toMatch(/^ has ".+", which is no <pattern>=<0 to 1>, it is ignored$/);
  },
);
