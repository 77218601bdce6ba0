import { GEN_AI } from '../context/layers.ts';
import { bounded } from '../encode/flat-copy.ts';
import type { Key } from '../encode/key.ts';
import type { Facts, Role } from '../operation/operation.ts';
import type { Scope } from '../trace/scope.ts';
import { CLIENT, type Span } from '../trace/span.ts';
import { errorType, failed } from './error.ts';
import {
  GEN_AI_OPERATION_NAME,
  GEN_AI_OUTPUT_TYPE,
  GEN_AI_PROVIDER_NAME,
  GEN_AI_REQUEST_CHOICE_COUNT,
  GEN_AI_REQUEST_ENCODING_FORMATS,
  GEN_AI_REQUEST_FREQUENCY_PENALTY,
  GEN_AI_REQUEST_MAX_TOKENS,
  GEN_AI_REQUEST_MODEL,
  GEN_AI_REQUEST_PRESENCE_PENALTY,
  GEN_AI_REQUEST_SEED,
  GEN_AI_REQUEST_STOP_SEQUENCES,
  GEN_AI_REQUEST_STREAM,
  GEN_AI_REQUEST_TEMPERATURE,
  GEN_AI_REQUEST_TOP_P,
  GEN_AI_RESPONSE_FINISH_REASONS,
  GEN_AI_RESPONSE_ID,
  GEN_AI_RESPONSE_MODEL,
  GEN_AI_USAGE_INPUT_TOKENS,
  GEN_AI_USAGE_OUTPUT_TOKENS,
} from './keys.ts';
import { serverBlock } from './server.ts';

const MAX_TEXT = 128;

/** What is asked of a model, under the names of the attributes. Nothing of what people write is in it. */
export interface ModelRequest {
  /** `gen_ai.operation.name`: `chat`, `embeddings`. */
  operation: string;
  model?: unknown;
  choiceCount?: unknown;
  encodingFormats?: unknown;
  frequencyPenalty?: unknown;
  isStream?: unknown;
  maxTokens?: unknown;
  outputType?: unknown;
  presencePenalty?: unknown;
  seed?: unknown;
  stopSequences?: unknown;
  temperature?: unknown;
  topP?: unknown;
  server?: { address?: string; port?: number };
}

/** What a model has answered, whole or put together from the parts of a stream. */
export interface ModelResponse {
  id?: unknown;
  model?: unknown;
  finishReasons?: readonly unknown[];
  inputTokens?: unknown;
  outputTokens?: unknown;
}

interface GenAiFacts extends Facts {
  readonly request: ModelRequest;
}

/** The role of a client of a generative model: one span for each call, `chat gpt-5`, until its answer has come as a whole. */
export function genAi<Self, Args extends unknown[]>(getters: {
  scope: Scope;
  /** `gen_ai.provider.name`. */
  provider: string;
  request(self: Self, args: Args): ModelRequest | undefined;
  response(result: unknown): ModelResponse | undefined;
  /** `error.type` of what is no error of Node's: the HTTP status or the code of the service. */
  error?(error: unknown): string | undefined;
}): Role<Self, Args, GenAiFacts> {
  const { scope, provider, request: requestOf, response: responseOf } = getters;
  return {
    scope,
    kind: CLIENT,
    layer: GEN_AI,
    of(self, args) {
      const request = requestOf(self, args);
      if (request === undefined) return undefined;
      const { operation, model } = request;
      return {
        name: typeof model === 'string' ? `${operation} ${bounded(model, MAX_TEXT)}` : operation,
        request,
      };
    },
    start(span, { request }) {
      span.add(GEN_AI_OPERATION_NAME, request.operation);
      span.add(GEN_AI_PROVIDER_NAME, provider);
      addText(span, GEN_AI_REQUEST_MODEL, request.model);
      addText(span, GEN_AI_OUTPUT_TYPE, request.outputType);
      addNumber(span, GEN_AI_REQUEST_CHOICE_COUNT, request.choiceCount);
      addNumber(span, GEN_AI_REQUEST_FREQUENCY_PENALTY, request.frequencyPenalty);
      addNumber(span, GEN_AI_REQUEST_MAX_TOKENS, request.maxTokens);
      addNumber(span, GEN_AI_REQUEST_PRESENCE_PENALTY, request.presencePenalty);
      addNumber(span, GEN_AI_REQUEST_SEED, request.seed);
      addNumber(span, GEN_AI_REQUEST_TEMPERATURE, request.temperature);
      addNumber(span, GEN_AI_REQUEST_TOP_P, request.topP);
      addTexts(span, GEN_AI_REQUEST_STOP_SEQUENCES, request.stopSequences);
      addTexts(span, GEN_AI_REQUEST_ENCODING_FORMATS, request.encodingFormats);
      if (request.isStream === true) span.add(GEN_AI_REQUEST_STREAM, true);
      if (request.server?.address !== undefined)
        span.addBlock(serverBlock(request.server.address, request.server.port));
    },
    end(span, error, result) {
      const response = responseOf(result);
      if (response !== undefined) addResponse(span, response);
      if (error !== undefined) failed(span, getters.error?.(error) ?? errorType(error));
    },
  };
}

function addResponse(
  span: Span,
  { id, model, finishReasons, inputTokens, outputTokens }: ModelResponse,
): void {
  addText(span, GEN_AI_RESPONSE_ID, id);
  addText(span, GEN_AI_RESPONSE_MODEL, model);
  addTexts(span, GEN_AI_RESPONSE_FINISH_REASONS, finishReasons);
  addNumber(span, GEN_AI_USAGE_INPUT_TOKENS, inputTokens);
  addNumber(span, GEN_AI_USAGE_OUTPUT_TOKENS, outputTokens);
}

// What an app asks for, and what a service answers, can be of any type.

function addText(span: Span, key: Key, value: unknown): void {
  if (typeof value === 'string') span.add(key, bounded(value, MAX_TEXT));
}

function addNumber(span: Span, key: Key, value: unknown): void {
  if (typeof value === 'number') span.add(key, value);
}

const MAX_TEXTS = 16;

function addTexts(span: Span, key: Key, value: unknown): void {
  const texts = (Array.isArray(value) ? value : [value])
    .slice(0, MAX_TEXTS)
    .filter((text): text is string => typeof text === 'string');
  if (texts.length > 0)
    span.add(
      key,
      texts.map((text) => bounded(text, MAX_TEXT)),
    );
}
