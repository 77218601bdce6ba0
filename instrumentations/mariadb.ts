import { define, observePromise, type Point, outside } from '../src/define.ts';
import { METHODS, wrapAll } from './mariadb-methods.ts';
import { addNode, origins } from './mariadb-origin.ts';

/** The exported functions are where all classes can be got at: the CommonJS build is a single file. */
function factoryWrapper(original: Function): Function {
  return function (this: unknown, ...args: unknown[]) {
    const result = outside(() => Reflect.apply(original, this, args));
    return observePromise(result, (_, value) => {
      if (typeof value === 'object' && value !== null) wrapAll(value, { options: args[0] }, METHODS);
    });
  };
}

/** A cluster is there at once; its nodes come later. */
function clusterWrapper(original: Function): Function {
  return function (this: unknown, ...args: unknown[]) {
    const cluster = Reflect.apply(original, this, args) as object;
    wrapAll(cluster, { options: undefined }, { ...METHODS, add: addWrapper });
    return cluster;
  };
}

function addWrapper(original: Function): Function {
  return function (this: object, _id: unknown, options: unknown) {
    addNode(origins.get(this), options);
    return Reflect.apply(original, this, arguments);
  };
}

function points(file: string, versions: string, holders: string[]): Point[] {
  return holders.flatMap((holder) => [
    { file, versions, target: `${holder}createConnection`, wrap: factoryWrapper },
    { file, versions, target: `${holder}createPool`, wrap: factoryWrapper },
    { file, versions, target: `${holder}createPoolCluster`, wrap: clusterWrapper },
  ]);
}

const API = ['promise.js', 'callback.js'];

export default define({
  name: 'mariadb',
  module: 'mariadb',
  versions: '>=3.2 <4',
  esm: true,
  spans:
    'a client span for each query, execution, batch and transaction statement: promise, callback or stream',
  points: [
    ...API.flatMap((file) => points(file, '<3.5.3', [''])),
    // From here on there is a default export, and a single file for `require`.
    ...[...API, 'dist/promise.cjs', 'dist/callback.cjs'].flatMap((file) =>
      points(file, '>=3.5.3', ['', 'default.']),
    ),
  ],
});
