import { define } from '../src/define.ts';
import { embeddedSql } from './sqlite-statements.ts';

const { exec, prepare } = embeddedSql('foretrace.sqlite');

export default define({
  name: 'sqlite',
  module: 'sqlite',
  spans: 'a client span for each execution of a statement (`run`, `get`, `all`, `iterate`) and each `exec`',
  points: [
    { target: 'DatabaseSync.prototype.exec', ...exec },
    { target: 'DatabaseSync.prototype.prepare', ...prepare },
  ],
});
