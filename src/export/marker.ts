/** Marks the `http.Agent` of the exporter, so that the agent's own requests are not traced when it exports inline. */
export const EXPORTER_AGENT = Symbol.for('foretrace.exporter');

/** Whether a request's `agent` is the exporter's own. */
export function isExporterAgent(agent: unknown): boolean {
  return typeof agent === 'object' && agent !== null && EXPORTER_AGENT in agent;
}

/** `workerData.foretrace` of the export thread: the preload does nothing there. */
export const EXPORT_THREAD = 'export-thread';

/** Environment data (inherited by worker threads): the name of the channel on which the process's pipeline listens. */
export const PIPELINE_CHANNEL = 'foretrace.pipeline';

/** Environment data: rings of worker threads that have ended, for those that start. */
export const SPARE_RINGS = 'foretrace.rings';
