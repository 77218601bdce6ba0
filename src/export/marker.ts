/** Marks the `http.Agent` of the exporter, so that the agent's own requests are not traced when it exports inline. */
export const EXPORTER_AGENT = Symbol.for('foretrace.exporter');

/** Whether a request's `agent` is the exporter's own. */
export function isExporterAgent(agent: unknown): boolean {
  return typeof agent === 'object' && agent !== null && EXPORTER_AGENT in agent;
}
