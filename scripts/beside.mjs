// `npm run test:beside`: the agent beside Next.js 15 and 16, Sentry 8 to 11 and dd-trace, for real. Installs them when they are
// not there; too heavy for `npm test`.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { installFolder } from './libraries.mjs';

const wanted = process.argv.slice(2);
const root = fileURLToPath(new URL('..', import.meta.url));
for (const folder of ['', '/next-15', '/next-16']) installFolder(`test/beside/real${folder}`);

for (const [file, ...args] of [
  ['scripts/build.mjs'],
  ['node_modules/vitest/vitest.mjs', 'run', ...(wanted.length > 0 ? wanted : ['test/beside/real'])],
]) {
  const env = { ...process.env, TEST_BESIDE: '1' };
  const { status } = spawnSync(process.execPath, [file, ...args], { cwd: root, env, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
