import { mixingHttpKit } from '../kit/mixing-http.ts';
import { rpcKit } from '../kit/rpc.ts';
import { describeInstrumented } from '../support/instrumented.ts';
import { LIBRARIES, libraryVersion } from '../support/libraries.ts';

const cwd = LIBRARIES;
const version = libraryVersion('@grpc/grpc-js')!;

describeInstrumented(`@grpc/grpc-js ${version}`, () => {
  for (const [title, extension] of [
    ['ES modules', 'mjs'],
    ['CommonJS', 'cjs'],
  ])
    rpcKit({
      title,
      client: { file: `grpc-js.${extension}`, cwd },
      server: { file: `grpc-js-server.${extension}`, cwd },
      system: 'grpc',
      method: (name) => `kit.Kit/${name === 'garbled' ? 'Unary' : name[0].toUpperCase() + name.slice(1)}`,
      forms: ['bare', 'options', 'metadata', 'generic'],
      // Before 1.10 nothing catches it.
      catchesThrows: !/^1\.[89]\./.test(version),
    });
});

mixingHttpKit({
  title: `@grpc/grpc-js ${version}`,
  library: 'grpc',
  protocol: 'grpc',
  cwd,
  ways: ['unary', 'unary, waiting', 'server stream', 'server stream, waiting'],
});
