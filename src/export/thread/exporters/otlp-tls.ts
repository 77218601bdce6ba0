import { readFileSync } from 'node:fs';
import { log } from '../../../log.ts';
import type { OtlpOptions } from '../../options.ts';

const NODE_CAS = 'the CAs that Node trusts are used';

/** Options of an `https.Agent`. */
export interface TlsOptions {
  ca?: Buffer;
  key?: Buffer;
  cert?: Buffer;
  rejectUnauthorized?: false;
}

/** Reads the files. One that cannot be used is one line, and does without. */
export function readTlsOptions(options: OtlpOptions): TlsOptions {
  return {
    ca: readCa(options.certificateFile),
    key: read(options.clientKeyFile, 'the client key', 'no client certificate is sent'),
    cert: read(options.clientCertificateFile, 'the client certificate', 'no client certificate is sent'),
    ...(options.rejectUnauthorized === false && { rejectUnauthorized: false }),
  };
}

function readCa(path: string | undefined): Buffer | undefined {
  const text = read(path, 'the CA certificate', NODE_CAS);
  // Node takes such a file, and then trusts nobody.
  if (text === undefined || /-----BEGIN (X509 |TRUSTED )?CERTIFICATE-----/.test(text.toString('latin1')))
    return text;
  log.error(`there is no certificate in PEM in '${path}', ${NODE_CAS}`);
  return undefined;
}

function read(path: string | undefined, what: string, instead: string): Buffer | undefined {
  if (path === undefined || path === '') return undefined;
  try {
    return readFileSync(path);
  } catch (error) {
    log.error(`cannot read ${what} '${path}' (${(error as NodeJS.ErrnoException).code}), ${instead}`);
    return undefined;
  }
}
