import { define, type Point, promise } from '../src/define.ts';
import { start } from './mariadb-commands.ts';
import { CLUSTER, CONNECTION, POOL } from './mariadb-methods.ts';
import { openedEmpty, openedWith } from './mariadb-origin.ts';

/** The exported functions are where all classes can be got at: the CommonJS build is a single file. */
const opening = { ends: promise, context: 'none', after: openedWith } as const;

const points = (versions: string, files: string[], holders: string[]): Point[] =>
  files.flatMap((file) =>
    holders.flatMap((holder): Point[] => [
      { file, versions, target: `${holder}createConnection`, opens: CONNECTION, ...opening },
      { file, versions, target: `${holder}createPool`, opens: POOL, ...opening },
      { file, versions, target: `${holder}createPoolCluster`, opens: CLUSTER, after: openedEmpty },
    ]),
  );

const API = ['promise.js', 'callback.js'];

export default define({
  name: 'mariadb',
  module: 'mariadb',
  versions: '>=3.2 <4',
  esm: true,
  spans:
    'a client span for each query, execution, batch and transaction statement: promise, callback or stream',
  points: [
    { file: 'lib/cmd/query.js', versions: '<3.5.3', target: 'prototype.start', ...start },
    ...points('<3.5.3', API, ['']),
    // In the single file it is out of reach.
    { file: 'lib/cmd/query.js', versions: '>=3.5.3', target: 'default.prototype.start', ...start },
    // From here on there is a default export, and a single file for `require`.
    ...points('>=3.5.3', [...API, 'dist/promise.cjs', 'dist/callback.cjs'], ['', 'default.']),
  ],
});
