import { describe } from 'vitest';
import { logExportKit } from '../kit/log-export.ts';
import { libraryVersion } from '../support/libraries.ts';

describe(`log4js ${libraryVersion('log4js')}`, () => {
  logExportKit({
    library: 'log4js',
    info: 'INFO',
    loud: { text: 'LOUD', severity: 11 },
    formatsFields: true,
  });
});
