import { define } from '../src/define.ts';
import { embeddedSql } from '../src/semconv/sqlite.ts';

const { exec, prepare } = embeddedSql('foretrace.better-sqlite3');

export default define({
  name: 'better-sqlite3',
  module: 'better-sqlite3',
  versions: '>=7 <14',
  spans: 'a client span for each execution of a statement (`run`, `get`, `all`, `iterate`) and each `exec`',
  points: [
    { file: 'lib/database.js', target: 'prototype.exec', wrap: exec },
    { file: 'lib/database.js', target: 'prototype.prepare', wrap: prepare },
  ],
});
