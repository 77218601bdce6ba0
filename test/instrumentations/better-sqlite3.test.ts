import { describe } from 'vitest';
import { nativeLibrary } from '../support/libraries.ts';
import { sqliteKit } from '../support/sqlite.ts';

const missing = nativeLibrary('better-sqlite3');

describe.skipIf(missing)(`SQLite, driver better-sqlite3${missing ?? ''}`, () => {
  for (const driver of ['better-sqlite3', 'better-sqlite3-cjs']) sqliteKit(driver);
});
