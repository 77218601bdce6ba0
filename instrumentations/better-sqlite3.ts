import { define } from '../src/define.ts';
import { embeddedSql } from './sqlite-statements.ts';

const { exec, prepare } = embeddedSql('foretrace.better-sqlite3');

/** From 13 on each entry of the package has a `Database` of its own; their methods are these. */
export default define({
  name: 'better-sqlite3',
  module: 'better-sqlite3',
  versions: '>=9.6 <14',
  spans: 'a client span for each execution of a statement (`run`, `get`, `all`, `iterate`) and each `exec`',
  points: [
    { file: 'lib/methods/wrappers.js', target: 'exec', ...exec },
    { file: 'lib/methods/wrappers.js', target: 'prepare', ...prepare },
  ],
});
