import { BATCH } from './rows/batch.ts';
import { DATABASE } from './rows/database.ts';
import { FORETRACE } from './rows/foretrace.ts';
import { GENERAL } from './rows/general.ts';
import { HTTP } from './rows/http.ts';
import { INSTRUMENTATIONS } from './rows/instrumentations.ts';
import { LIMITS } from './rows/limits.ts';
import { OTLP } from './rows/otlp.ts';
import { PRIVACY } from './rows/privacy.ts';
import { TRACES } from './rows/traces.ts';
import type { ConfigOf } from './variable.ts';

/** Every variable that foretrace reads, in the order in which the documentation shows them. */
export const GROUPS = [
  GENERAL,
  TRACES,
  BATCH,
  LIMITS,
  OTLP,
  HTTP,
  PRIVACY,
  DATABASE,
  INSTRUMENTATIONS,
  FORETRACE,
] as const;

export type Row = (typeof GROUPS)[number]['rows'][number];

/** All rows. One comes after those that it names. */
export const VARIABLES: readonly Row[] = GROUPS.flatMap(({ rows }): readonly Row[] => rows);

/** All that the environment says, as plain data: it can be posted to another thread. */
export type Config = ConfigOf<Row> & {
  readonly instrumentations: {
    /** `OTEL_INSTRUMENTATION_<NAME>_ENABLED`, by `<NAME>`. */
    readonly byName: Readonly<Record<string, boolean>>;
  };
};
