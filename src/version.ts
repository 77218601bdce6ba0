declare const FORETRACE_VERSION: string | undefined;

/** The version of foretrace, put in by the build; sources that run unbuilt have none. */
export const VERSION = typeof FORETRACE_VERSION === 'string' ? FORETRACE_VERSION : '0.0.0';
