/** Links between the documents: to files that exist, and to headings that exist. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../support/run-app.ts';

const inDocs = readdirSync(join(ROOT, 'docs'), { recursive: true }).map((name) => `docs/${name}`);
const documents = [
  'README.md',
  'CHANGELOG.md',
  'SECURITY.md',
  'instrumentations/README.md',
  'CONTRIBUTING.md',
  ...inDocs.filter((name) => name.endsWith('.md')),
];
const read = (name: string): string => readFileSync(join(ROOT, name), 'utf8');

/** The anchors of a document's headings, as GitHub makes them. */
function anchors(name: string): string[] {
  return [...read(name).matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

describe('the documents', () => {
  it.each(documents)('%s links to what exists', (name) => {
    const broken = [...read(name).matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, link]) => link)
      .filter((link) => !/^\w+:/.test(link))
      .filter((link) => {
        const [path, anchor] = link.split('#');
        const target = path === '' ? name : posix.join(dirname(name), path);
        if (!existsSync(join(ROOT, target))) return true;
        return anchor !== undefined && !anchors(target).includes(anchor);
      });
    expect(broken).toEqual([]);
  });
});
