import { define, outside } from '../src/define.ts';
import { quietly } from '../src/semconv/db.ts';

/** What the pool does with a connection is not the request's: it opens it, and checks it with a query before each use. */
function poolWrapper(original: Function): Function {
  return function (this: unknown, ...args: unknown[]) {
    return quietly(() => outside(() => Reflect.apply(original, this, args)));
  };
}

const file = 'lib/tedious/connection-pool.js';

export default define({
  name: 'mssql',
  module: 'mssql',
  versions: '>=7 <13',
  spans: 'none of its own: those of tedious, without the checks of its pool',
  points: [
    { file, target: 'prototype._poolCreate', wrap: poolWrapper },
    { file, target: 'prototype._poolValidate', wrap: poolWrapper },
  ],
});
