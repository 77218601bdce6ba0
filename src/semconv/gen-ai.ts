import { GEN_AI } from '../context/layers.ts';
import { bounded } from '../encode/flat-copy.ts';
import type { Key } from '../encode/key.ts';
import { now } from '../trace/clock.ts';
import type { Facts, Role } from '../operation/operation.ts';
import type { Scope } from '../trace/scope.ts';
import { CLIENT, type Span } from '../trace/span.ts';
import { errorType, failed } from './error.ts';
import {
  GEN_AI_EMBEDDINGS_DIMENSION_COUNT,
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
  GEN_AI_RESPONSE_TIME_TO_FIRST_CHUNK,
  GEN_AI_USAGE_INPUT_TOKENS,
  GEN_AI_USAGE_OUTPUT_TOKENS,
} from './keys.ts';
import { addPeerService, serverBlock } from './server.ts';

const MAX_TEXT = 128;
const MAX_TEXTS = 16;

/** What is asked of a model, under the names of the attributes. Nothing of what people write is in it. */
export interface ModelRequest {
  /** `gen_ai.operation.name`: `chat`, `embeddings`. */
  operation: string;
  /** `gen_ai.provider.name`. */
  provider: string;
  /** Where the service is, a URL. */
  url?: unknown;
  model?: unknown;
  choiceCount?: unknown;
  dimensions?: unknown;
  encodingFormats?: unknown;
  frequencyPenalty?: unknown;
  isStream?: unknown;
  maxTokens?: unknown;
  /** `text`, `json`, or a kind of JSON such as `json_schema`. */
  outputType?: unknown;
  presencePenalty?: unknown;
  seed?: unknown;
  stopSequences?: unknown;
  temperature?: unknown;
  topP?: unknown;
}

/** What a model has answered, whole or in an item of a stream. */
export interface ModelResponse {
  id?: unknown;
  model?: unknown;
  /** One for each choice, at its place. */
  finishReasons?: readonly unknown[];
  inputTokens?: unknown;
  outputTokens?: unknown;
  /** `error.type` of an answer that says that it has failed. */
  failure?: unknown;
}

interface GenAiFacts extends Facts {
  readonly request: ModelRequest;
}

/** The role of a client of a generative model: one span for each call, `chat gpt-5`, until its answer has come as a whole. */
export function genAi<Self, Args extends unknown[]>(getters: {
  scope: Scope;
  request(self: Self, args: Args): ModelRequest | undefined;
  /** Of a whole answer; those of streams are {@link gathered}. */
  response(result: never): ModelResponse | undefined;
}): Role<Self, Args, GenAiFacts> {
  const { scope, request: requestOf, response: responseOf } = getters;
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
      span.add(GEN_AI_PROVIDER_NAME, request.provider);
      addText(span, GEN_AI_REQUEST_MODEL, request.model);
      addText(span, GEN_AI_OUTPUT_TYPE, outputTypeOf(request.outputType));
      if (request.choiceCount !== 1) addNumber(span, GEN_AI_REQUEST_CHOICE_COUNT, request.choiceCount);
      addNumber(span, GEN_AI_EMBEDDINGS_DIMENSION_COUNT, request.dimensions);
      addNumber(span, GEN_AI_REQUEST_FREQUENCY_PENALTY, request.frequencyPenalty);
      addNumber(span, GEN_AI_REQUEST_MAX_TOKENS, request.maxTokens);
      addNumber(span, GEN_AI_REQUEST_PRESENCE_PENALTY, request.presencePenalty);
      addNumber(span, GEN_AI_REQUEST_SEED, request.seed);
      addNumber(span, GEN_AI_REQUEST_TEMPERATURE, request.temperature);
      addNumber(span, GEN_AI_REQUEST_TOP_P, request.topP);
      addTexts(span, GEN_AI_REQUEST_STOP_SEQUENCES, request.stopSequences);
      addTexts(span, GEN_AI_REQUEST_ENCODING_FORMATS, request.encodingFormats);
      if (request.isStream === true) span.add(GEN_AI_REQUEST_STREAM, true);
      addServer(span, request.url);
    },
    end(span, error, result) {
      if (result instanceof Gathered)
        span.add(GEN_AI_RESPONSE_TIME_TO_FIRST_CHUNK, (result.firstMs - span.startMs) / 1000);
      const response =
        result === undefined || result instanceof Gathered ? result : responseOf(result as never);
      if (response !== undefined) addResponse(span, response);
      // The classes of SDKs (`RateLimitError`), for their codes are whatever the service says.
      if (error !== undefined) failed(span, classOf(error) ?? errorType(error));
      else if (typeof response?.failure === 'string') failed(span, bounded(response.failure, MAX_TEXT));
    },
  };
}

/** What the items of a stream have told so far. */
class Gathered implements ModelResponse {
  readonly firstMs = now();
  id: unknown;
  model: unknown;
  finishReasons: unknown[] | undefined;
  inputTokens: unknown;
  outputTokens: unknown;
  failure: unknown;

  add({ id, model, finishReasons = [], inputTokens, outputTokens, failure }: ModelResponse): void {
    this.id = id ?? this.id;
    this.model = model ?? this.model;
    this.inputTokens = inputTokens ?? this.inputTokens;
    this.outputTokens = outputTokens ?? this.outputTokens;
    this.failure = failure ?? this.failure;
    for (let i = 0; i < finishReasons.length && i < MAX_TEXTS; i++)
      if (typeof finishReasons[i] === 'string') (this.finishReasons ??= [])[i] = finishReasons[i];
  }
}

/** Puts together what the items of a stream tell: for what looks at each of them, such as `apiStream`. */
export function gathered<Item>(
  part: (item: Item) => ModelResponse | undefined,
): (item: Item, before: unknown) => unknown {
  return (item, before) => {
    const all = before instanceof Gathered ? before : new Gathered();
    const told = part(item);
    if (told !== undefined) all.add(told);
    return all;
  };
}

function classOf(error: unknown): string | undefined {
  const name = (error as { constructor?: { name?: unknown } } | null)?.constructor?.name;
  if (typeof error !== 'object' || typeof name !== 'string' || name === '' || name === 'Object')
    return undefined;
  return bounded(name, MAX_TEXT);
}

function outputTypeOf(type: unknown): unknown {
  return typeof type === 'string' && type.startsWith('json') ? 'json' : type;
}

function addServer(span: Span, url: unknown): void {
  if (typeof url !== 'string' || !URL.canParse(url)) return;
  const { hostname, port, protocol } = new URL(url);
  const number = port === '' ? (protocol === 'http:' ? 80 : 443) : Number(port);
  span.addBlock(serverBlock(hostname, number));
  addPeerService(span, hostname, number, undefined);
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
