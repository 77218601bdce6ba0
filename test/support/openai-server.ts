/**
 * A stand-in for the API of OpenAI, which cannot be had here: chat completions, responses, embeddings, whole and as streams of
 * server-sent events, in the form of its public documentation. The header `x-kit` of a request says what else is to happen.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface OpenAiServer {
  /** To be the client's `baseURL`. */
  readonly url: string;
  readonly port: number;
  /** The requests so far. */
  readonly seen: { path: string; authorization?: string; body: any }[];
  /** Resolves when the client has closed the connection of an answer that stays open. */
  left(): Promise<void>;
  close(): Promise<void>;
}

const MODEL = 'kit-model-2026-01-01';

type Body = { model: string; stream?: boolean; stream_options?: { include_usage?: boolean }; n?: number };

const chatUsage = { prompt_tokens: 12, completion_tokens: 34, total_tokens: 46 };
const responseUsage = { input_tokens: 12, output_tokens: 34, total_tokens: 46 };

function chat({ n = 1 }: Body, text: string): object {
  return {
    id: 'chatcmpl-kit',
    object: 'chat.completion',
    created: 1,
    model: MODEL,
    choices: Array.from({ length: n }, (_, index) => ({
      index,
      finish_reason: 'stop',
      logprobs: null,
      message: { role: 'assistant', content: text, refusal: null },
    })),
    usage: chatUsage,
  };
}

function* chatChunks({ stream_options: options }: Body, text: string): Generator<object> {
  const chunk = { id: 'chatcmpl-kit', object: 'chat.completion.chunk', created: 1, model: MODEL };
  const choice = (delta: object, finish: string | null = null): object => ({
    ...chunk,
    choices: [{ index: 0, delta, finish_reason: finish }],
  });
  yield choice({ role: 'assistant', content: '' });
  for (const content of ['one ', 'two ', text]) yield choice({ content });
  yield choice({}, 'stop');
  if (options?.include_usage) yield { ...chunk, choices: [], usage: chatUsage };
}

function response(text: string, status: string): object {
  return {
    id: 'resp_kit',
    object: 'response',
    created_at: 1,
    status,
    model: MODEL,
    error: null,
    output: [
      {
        type: 'message',
        id: 'msg_kit',
        role: 'assistant',
        status,
        content: [{ type: 'output_text', text, annotations: [] }],
      },
    ],
    ...(status === 'completed' && { usage: responseUsage }),
  };
}

function* responseEvents(_: Body, text: string): Generator<{ type: string }> {
  const item = { item_id: 'msg_kit', output_index: 0, content_index: 0 };
  yield { type: 'response.created', response: { ...response('', 'in_progress'), output: [] } } as never;
  yield {
    type: 'response.output_item.added',
    output_index: 0,
    item: { type: 'message', id: 'msg_kit', role: 'assistant', status: 'in_progress', content: [] },
  } as never;
  yield {
    type: 'response.content_part.added',
    ...item,
    part: { type: 'output_text', text: '', annotations: [] },
  } as never;
  for (const delta of ['one ', 'two ', text])
    yield { type: 'response.output_text.delta', ...item, delta } as never;
  yield { type: 'response.completed', response: response(`one two ${text}`, 'completed') } as never;
}

function embeddings({ encoding_format: format }: { encoding_format?: string }): object {
  const embedding =
    format === 'base64' ? Buffer.from(new Float32Array([0.5, 1]).buffer).toString('base64') : [0.5, 1];
  return {
    object: 'list',
    model: MODEL,
    data: [{ object: 'embedding', index: 0, embedding }],
    usage: { prompt_tokens: 12, total_tokens: 12 },
  };
}

/** @param text what the model says */
export async function startOpenAiServer(text: string): Promise<OpenAiServer> {
  const seen: OpenAiServer['seen'] = [];
  let failed = false;
  let leaving = (): void => {};
  let lefts = new Promise<void>((resolve) => {
    leaving = resolve;
  });

  function send(answer: ServerResponse, status: number, body: object): void {
    answer.writeHead(status, { 'content-type': 'application/json', 'x-request-id': 'req_kit' });
    answer.end(JSON.stringify(body));
  }

  /** `stay`: leaves it open in the middle; `drop`: cuts it there; `error`: says there that it failed. */
  async function stream(answer: ServerResponse, path: string, body: Body, told: string): Promise<void> {
    answer.writeHead(200, { 'content-type': 'text/event-stream', 'x-request-id': 'req_kit' });
    const events = path === '/v1/responses' ? responseEvents(body, text) : chatChunks(body, text);
    let count = 0;
    for (const event of events) {
      if (++count === 3) {
        if (told === 'stay') {
          answer.on('close', leaving);
          return;
        }
        if (told === 'drop') {
          answer.socket!.destroy();
          return;
        }
        if (told === 'error') {
          const error = { message: 'overloaded', type: 'server_error', code: 'server_error', param: null };
          answer.end(`data: ${JSON.stringify({ error })}\n\n`);
          return;
        }
      }
      const name = 'type' in event ? `event: ${event.type}\n` : '';
      // Each in a packet of its own: the client sees a stream.
      await new Promise<unknown>((resolve) =>
        answer.write(`${name}data: ${JSON.stringify(event)}\n\n`, resolve),
      );
      await new Promise((resolve) => setImmediate(resolve));
    }
    answer.end(path === '/v1/responses' ? undefined : 'data: [DONE]\n\n');
  }

  async function onRequest(request: IncomingMessage, answer: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk);
    } catch {
      return; // The client has given up.
    }
    const body = JSON.parse(Buffer.concat(chunks).toString() || '{}');
    const path = request.url!;
    seen.push({ path, authorization: request.headers.authorization, body });
    const told = String(request.headers['x-kit'] ?? '');
    const [, status, once] = /^fail (\d+)( once)?$/.exec(told) ?? [];
    if (told === 'hang') return;
    // Every other request succeeds: older clients do not say which attempt it is.
    if (once) failed = !failed;
    if (status !== undefined && (!once || failed)) {
      const error = { message: `told to answer ${status}`, type: 'kit', code: 'kit_code', param: null };
      answer.setHeader('retry-after-ms', '1');
      send(answer, Number(status), { error });
    } else if (body.stream) await stream(answer, path, body, told);
    else if (path === '/v1/chat/completions') send(answer, 200, chat(body, text));
    else if (path === '/v1/responses') send(answer, 200, response(text, 'completed'));
    else if (path === '/v1/embeddings') send(answer, 200, embeddings(body));
    else send(answer, 404, { error: { message: 'no such path', type: 'kit', code: null, param: null } });
  }

  const server = createServer((request, answer) => void onRequest(request, answer));
  // A client that comes back after a pause must not meet the end of its connection.
  server.keepAliveTimeout = 120_000;
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    port,
    seen,
    async left() {
      await lefts;
      lefts = new Promise<void>((resolve) => {
        leaving = resolve;
      });
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
