import { define, type Point } from '../src/define.ts';
import { callbackSql } from '../src/semconv/sqlite.ts';

const { query, each, execution, executionEach, prepare } = callbackSql('foretrace.sqlite3');

const file = 'lib/sqlite3.js';
const METHODS = ['run', 'get', 'all', 'map'];

export default define({
  name: 'sqlite3',
  module: 'sqlite3',
  versions: '>=5 <7',
  spans:
    'a client span for each execution of a statement (`run`, `get`, `all`, `each`, `map`) and each `exec`',
  points: [
    ...[...METHODS, 'exec'].map((name): Point => ({
      file,
      target: `Database.prototype.${name}`,
      wrap: query,
    })),
    ...METHODS.map((name): Point => ({ file, target: `Statement.prototype.${name}`, wrap: execution })),
    { file, target: 'Database.prototype.each', wrap: each },
    { file, target: 'Statement.prototype.each', wrap: executionEach },
    { file, target: 'Database.prototype.prepare', wrap: prepare },
  ],
});
