// Builds dist/. Why bundles: docs/decisions/002-bundled-agent.md.
import { bundle } from './bundle.mjs';

const { metafile } = await bundle({ write: true });
if (process.argv.includes('--report')) {
  for (const [file, { bytes }] of Object.entries(metafile.outputs)) console.log(`${file} ${bytes} bytes`);
}
