/**
 * Preload only: `node --import foretrace app.js` (or `--require foretrace`) starts the agent, environment variables set
 * it up. There is nothing to import from it.
 */
// oxlint-disable-next-line unicorn/require-module-specifiers
export {};
