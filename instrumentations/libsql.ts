import { define } from '../src/define.ts';
import { embeddedSql } from './sqlite-statements.ts';

const { exec, prepare } = embeddedSql('foretrace.libsql');

/** The driver with better-sqlite3's API; its `libsql/promise` is another implementation. */
export default define({
  name: 'libsql',
  module: 'libsql',
  versions: '>=0.3 <1',
  spans: 'a client span for each execution of a statement (`run`, `get`, `all`, `iterate`) and each `exec`',
  points: [
    { target: 'prototype.exec', ...exec },
    { target: 'prototype.prepare', ...prepare },
  ],
});
