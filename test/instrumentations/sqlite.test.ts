import { execFileSync } from 'node:child_process';
import { describe } from 'vitest';
import { NODE } from '../support/run-app.ts';
import { sqliteKit } from '../support/sqlite.ts';

const hasNodeSqlite =
  execFileSync(
    NODE,
    [
      '-p',
      "require('module').builtinModules.includes('sqlite') || require('module').isBuiltin('node:sqlite')",
    ],
    {
      encoding: 'utf8',
    },
  ).trim() === 'true';

for (const SQLITE_DRIVER of ['node', 'libsql']) {
  const missing = SQLITE_DRIVER === 'node' && !hasNodeSqlite ? ' [this Node has no node:sqlite]' : '';
  describe.skipIf(missing)(`SQLite, driver ${SQLITE_DRIVER}${missing}`, () => {
    sqliteKit(SQLITE_DRIVER);
  });
}
