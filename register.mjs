// All of the preload is in register.cjs, so that `--import` and `--require` do the same thing. Node.js 12.20 and up
// parses this file: there too an app must start, untraced.
import { createRequire } from 'module';

// `fs` is not imported: an ES module's import of it loads all of its streams, 5 ms.
const require = createRequire(import.meta.url);

try {
  require('./register.cjs');
} catch (error) {
  // Its own errors it reports itself: this is about a file that is missing or that the permission model hides.
  try {
    require('fs').writeSync(
      2,
      `foretrace: could not start: ${error.message}; the app runs without tracing\n`,
    );
  } catch {
    // A closed stderr is no reason to disturb the app.
  }
}
