// Writes NOTICE: which packages are bundled into dist/, with version and licence. What esbuild took in counts, not what
// package.json lists; licences that ask for it are printed in full.
//
//   node scripts/notice.mjs            rewrites NOTICE
//   node scripts/notice.mjs --check    exits with 1 if NOTICE is out of date
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from './bundle.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const file = join(root, 'NOTICE');
const RULE = '-'.repeat(80);

/** Folders of the packages of which something is in the bundles. */
async function bundled() {
  const { metafile } = await bundle({ write: false });
  const folders = new Set();
  for (const { inputs } of Object.values(metafile.outputs)) {
    for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
      const folder = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0];
      if (folder !== undefined && bytesInOutput > 0) folders.add(folder);
    }
  }
  return [...folders].map((folder) => join(root, folder));
}

function describe(folder) {
  const { name, version, license, author } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const texts = readdirSync(folder).filter((one) =>
    license === 'Apache-2.0' ? /^notice/i.test(one) : /^(licen[cs]e|notice)/i.test(one),
  );
  if (license === undefined || (license !== 'Apache-2.0' && texts.length === 0)) {
    throw new Error(`${name} ${version} has no licence that could be passed on`);
  }
  const by = (typeof author === 'string' ? author : author?.name)?.replace(/ *<.*/, '');
  return {
    name,
    line: `${name} ${version} (${license})${by ? `, ${by}` : ''}`,
    texts: texts.map((one) => readFileSync(join(folder, one), 'utf8').trim()),
  };
}

const packages = (await bundled()).map(describe).sort((a, b) => (a.line < b.line ? -1 : 1));
const parts = [
  'foretrace',
  'Licensed under the Apache License, Version 2.0; see LICENSE.',
  '',
  'The files in dist/ contain code of these packages, bundled and otherwise unchanged:',
  '',
  ...packages.map(({ line }) => `  ${line}`),
  '',
  'The text of the Apache License, Version 2.0, is in LICENSE. The other texts follow.',
];
for (const { name, texts } of packages) for (const text of texts) parts.push('', RULE, name, RULE, text);
const wanted = `${parts.join('\n')}\n`;

if (process.argv.includes('--check')) {
  if (!existsSync(file) || readFileSync(file, 'utf8') !== wanted) {
    console.error('NOTICE is out of date, run `node scripts/notice.mjs`');
    process.exitCode = 1;
  }
} else {
  writeFileSync(file, wanted);
}
