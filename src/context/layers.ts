/**
 * Layers of operations, as bits: a context can suppress the spans of some of them. A template
 * suppresses those that it is made of, a worker's loop those of its database, and an app that suppresses tracing through the API all.
 */
export const HTTP = 1;
export const DB = 2;
export const MESSAGING = 4;
export const RPC = 8;
export const TEMPLATE = 16;
export const GEN_AI = 32;
export const NONE = 0;
export const ALL = -1;
