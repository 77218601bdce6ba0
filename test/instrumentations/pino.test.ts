import { describe } from 'vitest';
import { createRequire } from 'node:module';
import { logCorrelationKit } from '../kit/log-correlation.ts';
import { inBothForms } from '../kit/harness.ts';
import { LIBRARIES, libraryMajor, libraryVersion } from '../support/libraries.ts';

const { loggers, newerLoggers, ownLoggers } = createRequire(import.meta.url)(
  '../fixtures/lib/pino-loggers.cjs',
);
/** Mixins came with 5.14, formatters and nested keys for each record with 6. */
const isOld = libraryMajor('pino') === 5;

describe(`pino ${libraryVersion('pino')}`, () => {
  for (const [title, file] of inBothForms(['ES modules', 'pino.mjs'], ['CommonJS', 'pino.cjs']))
    logCorrelationKit({
      title,
      fixture: { file, cwd: LIBRARIES },
      loggers: [...Object.keys(loggers), ...(isOld ? [] : Object.keys(newerLoggers))],
      owning: Object.keys(ownLoggers).filter((name) => !isOld || !/mixin|formatter/.test(name)),
      levels: ['info', 'warn', 'error', 'fatal'],
      script: 'pino-script.cjs',
      crashes: [{ how: 'stream' }, { how: 'record' }],
    });
});
