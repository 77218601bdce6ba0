/** Marks the `http.Agent` of the exporter, so that the agent's own requests are not traced when it exports inline. */
export const EXPORTER_AGENT = Symbol.for('foretrace.exporter');

/** Whether a request's `agent` is the exporter's own. */
export function isExporterAgent(agent: unknown): boolean {
  return typeof agent === 'object' && agent !== null && EXPORTER_AGENT in agent;
}

/** Marks the server that metrics are scraped from, whose requests are neither traced nor counted where it is on the app's thread. */
export const SCRAPE_SERVER = Symbol.for('foretrace.scrape');

/** Whether a server is that one. */
export function isScrapeServer(server: object): boolean {
  return (server as { [SCRAPE_SERVER]?: true })[SCRAPE_SERVER] === true;
}
