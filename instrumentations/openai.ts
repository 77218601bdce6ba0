import { apiPromise, apiStream, define, type Point, scope } from '../src/define.ts';
import { gathered, genAi, type ModelResponse } from '../src/semconv/gen-ai.ts';

/** Of chats, responses and embeddings: each has some of it. */
interface Body {
  [parameter: string]: unknown;
  response_format?: { type?: unknown };
  text?: { format?: { type?: unknown } };
}

/** A whole answer, or an item of a stream: a part of one in the same form, or an event with what there is of it so far. */
interface Answer {
  response?: Answer;
  type?: string;
  id?: string;
  model?: string;
  status?: string;
  error?: { code?: string } | null;
  code?: string | null;
  choices?: readonly { index: number; finish_reason?: string | null }[];
  usage?: Record<string, number> | null;
}

function told(item: Answer): ModelResponse {
  const { id, model, status, error, choices, usage } = item.response ?? item;
  const finishReasons: unknown[] = [];
  for (const { index, finish_reason: reason } of choices ?? []) finishReasons[index] = reason;
  const hasFailed = status === 'failed' || item.type === 'error';
  const failure = hasFailed ? (error?.code ?? item.code ?? '_OTHER') : undefined;
  const inputTokens = usage?.prompt_tokens ?? usage?.input_tokens;
  const outputTokens = usage?.completion_tokens ?? usage?.output_tokens;
  return { id, model, finishReasons, inputTokens, outputTokens, failure };
}

function create(name: string, className: string, operation: string, versions?: string): Point[] {
  const trace = genAi<{ _client: { baseURL?: string } }, [Body?]>({
    scope: scope('foretrace.openai'),
    request: ({ _client: client }, [body = {}]) => ({
      operation,
      provider: client.constructor.name === 'AzureOpenAI' ? 'azure.ai.openai' : 'openai',
      url: client.baseURL,
      model: body.model,
      choiceCount: body.n,
      dimensions: body.dimensions,
      encodingFormats: body.encoding_format,
      frequencyPenalty: body.frequency_penalty,
      isStream: body.stream,
      maxTokens: body.max_completion_tokens ?? body.max_tokens ?? body.max_output_tokens,
      outputType: (body.response_format ?? body.text?.format)?.type,
      presencePenalty: body.presence_penalty,
      seed: body.seed,
      stopSequences: body.stop,
      temperature: body.temperature,
      topP: body.top_p,
    }),
    response: told,
  });
  const ends = apiPromise(apiStream(gathered(told)));
  const target = `${className}.prototype.create`;
  const files = [`resources/${name}.js`, `resources/${name}.mjs`];
  return files.map((file) => ({ file, target, versions, trace, ends, active: true }));
}

export default define({
  name: 'openai',
  module: 'openai',
  versions: '>=4.19 <8',
  esm: true,
  spans:
    'a client span for each chat, response and embedding, streams to their end, above those of its requests',
  points: [
    ...create('chat/completions', 'Completions', 'chat', '<4.85'),
    ...create('chat/completions/completions', 'Completions', 'chat', '>=4.85'),
    ...create('responses/responses', 'Responses', 'chat'),
    ...create('embeddings', 'Embeddings', 'embeddings'),
  ],
});
