/** Schema of the spans of our own scopes: the version of the semantic conventions that `keys.ts` follows. */
export const SCHEMA_URL = 'https://opentelemetry.io/schemas/1.45.0';
