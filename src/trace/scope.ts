/** An instrumentation scope: who made a span. `number` is given by the export side at the first span. */
export interface Scope {
  readonly name: string;
  readonly version: string | undefined;
  readonly schemaUrl: string | undefined;
  number: number;
}

export function scope(name: string, version?: string, schemaUrl?: string): Scope {
  return { name, version, schemaUrl, number: -1 };
}
