import { beforeEach, describe, expect, it } from 'vitest';
import { sync } from '../../../src/patch/ends.ts';
import { wrapperOf } from '../../../src/patch/point.ts';
import { gathered, genAi, type ModelRequest, type ModelResponse } from '../../../src/semconv/gen-ai.ts';
import { scope } from '../../../src/trace/scope.ts';
import { collectSpans } from '../../fixtures/core/spans.ts';
import type { ReceivedSpan } from '../../support/otlp.ts';

let spans: ReceivedSpan[];
beforeEach(() => {
  spans = collectSpans();
});

const trace = genAi<unknown, [Partial<ModelRequest>, unknown?]>({
  scope: scope('unit'),
  request: (_, [request]) => ({ operation: 'chat', provider: 'kit', ...request }),
  response: (result) => result,
});
/** A call that results in `result`, or fails with it. */
const ask = wrapperOf({ target: '', trace, ends: sync }, 'unit', { running: undefined })((
  _: unknown,
  result: unknown,
) => {
  if (result instanceof Error) throw result;
  return result;
});
function attributesOf(request: Partial<ModelRequest>, result?: unknown): Record<string, unknown> {
  ask(request, result);
  const {
    'gen_ai.operation.name': _operation,
    'gen_ai.provider.name': _provider,
    ...others
  } = spans.at(-1)!.attributes;
  return others;
}

describe('a request', () => {
  it.each([
    ['https://api.example.com/v1', 443],
    ['http://api.example.com', 80],
    ['http://api.example.com:8080/v1', 8080],
  ])('says where the service is: %s', (url, port) => {
    expect(attributesOf({ url })).toEqual({ 'server.address': 'api.example.com', 'server.port': port });
  });

  it.each(['no url', '', 7, undefined])('is traced where that can not be told: %j', (url) => {
    expect(attributesOf({ url })).toEqual({});
  });

  it.each([
    ['json_schema', 'json'],
    ['json_object', 'json'],
    ['text', 'text'],
  ])('for %s is one for %s', (outputType, expected) => {
    expect(attributesOf({ outputType })).toEqual({ 'gen_ai.output.type': expected });
  });

  it('has a number of choices only if it is not one', () => {
    expect(attributesOf({ choiceCount: 1 })).toEqual({});
    expect(attributesOf({ choiceCount: 3 })).toEqual({ 'gen_ai.request.choice.count': 3 });
  });

  it('sends nothing of the wrong type', () => {
    const wrong = { toString: () => 's3cret' };
    expect(attributesOf({ model: wrong, seed: 'x', temperature: wrong, stopSequences: [wrong] })).toEqual({});
    expect(spans[0].name).toBe('chat');
  });
});

describe('an answer', () => {
  it('in parts is told as a whole one', () => {
    const parts: ModelResponse[] = [
      { id: 'a', model: 'm', finishReasons: [null] },
      { id: 'a', finishReasons: [undefined, 'length'] },
      { finishReasons: ['stop'] },
      { inputTokens: 1, outputTokens: 0 },
    ];
    const gather = gathered((part: ModelResponse) => part);
    const all = parts.reduce<unknown>((before, part) => gather(part, before), undefined);
    const { 'gen_ai.response.time_to_first_chunk': first, ...told } = attributesOf({}, all);
    expect(first).toEqual(expect.any(Number));
    expect(told).toEqual({
      'gen_ai.response.id': 'a',
      'gen_ai.response.model': 'm',
      'gen_ai.response.finish_reasons': ['stop', 'length'],
      'gen_ai.usage.input_tokens': 1,
      'gen_ai.usage.output_tokens': 0,
    });
  });

  it('may be long, and have a choice that is far away', () => {
    const finishReasons: string[] = [];
    finishReasons[4_000_000_000] = 'stop';
    const gather = gathered((part: ModelResponse) => part);
    expect(attributesOf({}, gather({ finishReasons }, undefined))).not.toHaveProperty(
      'gen_ai.response.finish_reasons',
    );
    expect(attributesOf({}, { finishReasons })).toEqual({});
  });

  it('that says that it has failed is an error', () => {
    expect(attributesOf({}, { failure: 'server_error' })).toEqual({ 'error.type': 'server_error' });
    expect(spans[0].status.code).toBe('ERROR');
  });

  it('that fails has the class of the error, for the code is the service’s', () => {
    class RateLimitError extends Error {
      code = 'anything';
    }
    expect(() => ask({}, new RateLimitError('quotes the prompt'))).toThrow(RateLimitError);
    expect(spans[0].attributes['error.type']).toBe('RateLimitError');
    expect(spans[0].status.message ?? '').toBe('');
  });
});
