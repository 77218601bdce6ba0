// What dist/ is made of; build.mjs writes it, notice.mjs looks at what went in.
import { build } from 'esbuild';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

/** One file for the app's thread, one for the export thread and one for each part of it; the result has esbuild's metafile. */
export function bundle({ write }) {
  return build({
    absWorkingDir: fileURLToPath(new URL('..', import.meta.url)),
    entryPoints: {
      agent: 'instrumentations/main.ts',
      'export-thread': 'src/export/thread/main.ts',
      mask: 'src/mask/main.ts',
      'mask-expressions': 'src/mask/expressions.ts',
    },
    outdir: 'dist',
    outExtension: { '.js': '.cjs' },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    // The ES module builds can be shaken: the export thread is 90 KB instead of 417, and loads in 8 ms instead of 27.
    mainFields: ['module', 'main'],
    target: 'node20.19',
    // The library's `import('http')` becomes a require: importing `http` as an ES module reads all of its exports, also the lazy
    // ones, which load undici (30 ms and 6 MB in the export thread).
    supported: { 'dynamic-import': false },
    // Globals that apps replace.
    inject: ['src/primordials.ts'],
    // The logger of require-in-the-middle costs more to load than the rest of it, and its output would be noise of ours.
    alias: { debug: './scripts/no-debug.cjs' },
    // The loader hook has to stay a file of its own: the wrappers it generates import it by URL.
    external: ['import-in-the-middle', 'import-in-the-middle/*'],
    // A quarter less to parse: 3 ms of the app's start. Names stay, for stack traces; and lines, since Node prints the one that throws.
    minifyWhitespace: true,
    lineLimit: 120,
    define: { FORETRACE_VERSION: JSON.stringify(version) },
    legalComments: 'none',
    logLevel: 'warning',
    metafile: true,
    write,
  });
}
