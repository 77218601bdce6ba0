import { DB, define, ROOT } from '../src/define.ts';

/** What the pool does with a connection is not the request's: it opens it, and checks it with a query before each use. */
const apart = ROOT.suppress(DB);
const context = (): typeof apart => apart;

const file = 'lib/tedious/connection-pool.js';

export default define({
  name: 'mssql',
  module: 'mssql',
  versions: '>=7 <13',
  spans: 'none of its own: those of tedious, without the checks of its pool',
  points: [
    { file, target: 'prototype._poolCreate', context },
    { file, target: 'prototype._poolValidate', context },
  ],
});
