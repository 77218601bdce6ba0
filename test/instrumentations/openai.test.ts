import { describe } from 'vitest';
import { SECRET } from '../kit/db.ts';
import { type Api, genAiKit } from '../kit/gen-ai.ts';
import { LIBRARIES, libraryMajor, libraryVersion } from '../support/libraries.ts';
import { startOpenAiServer } from '../support/openai-server.ts';

const version = libraryVersion('openai')!;
/** Before 4.87 there are no responses, before 4.55 no helpers for what is parsed. */
const isOld = version.startsWith('4.19.');

const model = 'kit-model';
const response = {
  'gen_ai.response.id': 'chatcmpl-kit',
  'gen_ai.response.model': 'kit-model-2026-01-01',
  'gen_ai.usage.input_tokens': 12,
  'gen_ai.usage.output_tokens': 34,
};

const chat: Api = {
  operation: 'chat',
  params: {
    model,
    messages: [{ role: 'user', content: SECRET }],
    temperature: 0.5,
    top_p: 0.9,
    max_tokens: 100,
    frequency_penalty: 0.1,
    presence_penalty: 0.2,
    seed: 7,
    stop: 'END',
  } as Api['params'],
  request: {
    'gen_ai.request.temperature': 0.5,
    'gen_ai.request.top_p': 0.9,
    'gen_ai.request.max_tokens': 100,
    'gen_ai.request.frequency_penalty': 0.1,
    'gen_ai.request.presence_penalty': 0.2,
    'gen_ai.request.seed': 7,
    'gen_ai.request.stop_sequences': ['END'],
  },
  response: { ...response, 'gen_ai.response.finish_reasons': ['stop'] },
  stream: { params: { stream: true, stream_options: { include_usage: true } }, items: 6 },
  withoutUsage: { params: { stream: true }, items: 5 },
};

const responses: Api = {
  operation: 'chat',
  params: { model, input: SECRET, max_output_tokens: 100 } as Api['params'],
  request: { 'gen_ai.request.max_tokens': 100 },
  response: { ...response, 'gen_ai.response.id': 'resp_kit' },
  stream: { params: { stream: true }, items: 7 },
};

const embeddings: Api = {
  operation: 'embeddings',
  params: { model, input: SECRET, encoding_format: 'float', dimensions: 2 } as Api['params'],
  request: { 'gen_ai.request.encoding_formats': ['float'], 'gen_ai.embeddings.dimension.count': 2 },
  response: { 'gen_ai.response.model': 'kit-model-2026-01-01', 'gen_ai.usage.input_tokens': 12 },
};

describe(`openai ${version} against a stand-in of its API`, () => {
  for (const [title, file] of [
    ['ES modules', 'openai.mjs'],
    ['CommonJS', 'openai.cjs'],
  ])
    genAiKit({
      title,
      // Versions before 5 use `punycode`, which Node.js deprecates from 21 on.
      fixture: { file, cwd: LIBRARIES, execArgv: libraryMajor('openai') === 4 ? ['--no-deprecation'] : [] },
      service: () => startOpenAiServer(SECRET),
      provider: 'openai',
      apis: { chat, embeddings, ...(!isOld && { responses }) },
      styles: {
        await: {},
        then: { marks: ['then'] },
        withResponse: {},
        both: {},
        // Nobody but the app reads the body, so nothing is known of it.
        asResponse: { unread: true },
      },
      reads: { all: 6, tee: [6, 6], readable: 6 },
      wrappers: isOld ? {} : { parse: {}, helper: { stream: true } },
      errors: {
        'fail 400': 'BadRequestError',
        'fail 401': 'AuthenticationError',
        'fail 429': 'RateLimitError',
        'fail 500': 'InternalServerError',
      },
      refused: 'APIConnectionError',
      timeout: 'APIConnectionTimeoutError',
      aborted: 'Request was aborted.',
      // The second one is of fetch, or of node-fetch.
      streamErrors: { error: 'APIError', drop: libraryMajor('openai') === 4 ? 'Error' : 'TypeError' },
    });
});
