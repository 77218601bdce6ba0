import { describe } from 'vitest';
import { templateKit } from '../kit/template.ts';
import { LIBRARIES, libraryVersion } from '../support/libraries.ts';

/** What came with 2.6: promises, and templates that wait. */
const isOld = libraryVersion('ejs')!.startsWith('2.5.');

describe(`ejs ${libraryVersion('ejs')}`, () => {
  for (const [title, file] of [
    ['ES modules', 'ejs.mjs'],
    ['CommonJS', 'ejs.cjs'],
  ])
    templateKit({
      title,
      fixture: { file, cwd: LIBRARIES },
      extension: '.ejs',
      styles: {
        callback: { marks: ['callback'] },
        ...(!isOld && { promise: {} }),
        render: {},
        compile: {},
        express: { marks: ['callback'], folder: true },
        'without a file': { file: false },
      },
      missing: { style: 'callback', error: 'ENOENT' },
      errors: { failing: 'TypeError', broken: 'SyntaxError' },
      ...(!isOld && { waiting: { style: 'render', options: { async: true } } }),
      cached: { style: 'callback', options: { cache: true } },
      compiles: true,
      crashes: [{ how: 'callback' }, { how: 'throw' }, ...(isOld ? [] : [{ how: 'rejection' }])],
    });
});
