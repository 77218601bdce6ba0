/** Environment data (inherited by worker threads): the name of the channel on which the process's pipeline listens. */
export const PIPELINE_CHANNEL = 'foretrace.pipeline';

/** Environment data: rings of worker threads that have ended, for those that start. */
export const SPARE_RINGS = 'foretrace.rings';
