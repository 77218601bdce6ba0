import { describe } from 'vitest';
import { logExportKit } from '../kit/log-export.ts';
import { libraryVersion } from '../support/libraries.ts';

describe(`bunyan ${libraryVersion('bunyan')}`, () => {
  logExportKit({ library: 'bunyan', info: 'info' });
});
