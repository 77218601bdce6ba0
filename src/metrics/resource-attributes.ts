import { userKey } from '../encode/key.ts';
import { block } from '../encode/span.ts';

/**
 * Gives points the named attributes of the resource; one that has an attribute of that name keeps its own.
 * @returns what takes and gives the attributes of a point, as they stand in a `MetricData`; and the names that the resource does not have
 */
export function copiedAttributes(
  resource: Readonly<Record<string, unknown>>,
  names: readonly string[],
): { add: (attributes: Uint8Array) => Uint8Array; missing: string[] } {
  const missing = names.filter((name) => resource[name] === undefined);
  const copied = names
    .filter((name) => resource[name] !== undefined)
    .map((name) => {
      const key = userKey(name);
      return { prefix: Buffer.from(key.prefix), bytes: block([key, resource[name]]).bytes };
    });
  const add = (attributes: Uint8Array): Uint8Array => {
    const buffer = Buffer.from(attributes.buffer, attributes.byteOffset, attributes.length);
    const parts = copied.filter(({ prefix }) => !buffer.includes(prefix)).map(({ bytes }) => bytes);
    return parts.length === 0 ? attributes : Buffer.concat([attributes, ...parts]);
  };
  return { add, missing };
}
