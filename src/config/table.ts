import { BATCH } from './rows/batch.ts';
import { CARRIERS } from './rows/carriers.ts';
import { CUSTOM } from './rows/custom.ts';
import { DATABASE } from './rows/database.ts';
import { FILES } from './rows/files.ts';
import { FORETRACE } from './rows/foretrace.ts';
import { GENERAL } from './rows/general.ts';
import { HTTP } from './rows/http.ts';
import { INSTRUMENTATIONS } from './rows/instrumentations.ts';
import { KEEP } from './rows/keep.ts';
import { LIMITS } from './rows/limits.ts';
import { NAMING } from './rows/naming.ts';
import { OTLP } from './rows/otlp.ts';
import { PRIVACY } from './rows/privacy.ts';
import { SAMPLING } from './rows/sampling.ts';
import { TRACES } from './rows/traces.ts';
import { TROUBLE } from './rows/trouble.ts';
import type { ConfigOf } from './variable.ts';

/** Every variable that foretrace reads, in the order in which the documentation shows them. */
export const GROUPS = [
  GENERAL,
  FILES,
  TRACES,
  SAMPLING,
  KEEP,
  BATCH,
  LIMITS,
  OTLP,
  HTTP,
  NAMING,
  PRIVACY,
  DATABASE,
  TROUBLE,
  INSTRUMENTATIONS,
  CUSTOM,
  CARRIERS,
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
