import { describe } from 'vitest';
import { logExportKit } from '../kit/log-export.ts';
import { libraryVersion } from '../support/libraries.ts';

describe(`winston ${libraryVersion('winston')}`, () => {
  logExportKit({ library: 'winston', info: 'info', loud: { text: 'loud', severity: 0 } });
});
