/**
 * The environment of this process, which it was started with and which the app changes: the carrier of trace context between processes. No
 * part of the configuration, and in a file of its own, so that who needs it does not load that.
 */
export function processEnvironment(): Readonly<Record<string, string | undefined>> {
  return process.env;
}
