import type { Config } from '../config/table.ts';

/** What the database roles take from the configuration. Without one, nothing of a statement's values is sent. */
export const dbOptions: Mutable<Config['database']> = {
  sanitizeQueries: true,
  keepsParameterized: false,
  capturesParameters: false,
  sqlCommenter: 'off',
};

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export function configure(wanted: Config['database']): void {
  Object.assign(dbOptions, wanted);
}
