import { entriesOf, kindOf, set, type Translation } from './translation.ts';

/** A sampler in the words of `OTEL_TRACES_SAMPLER`. */
interface Sampler {
  readonly name: string;
  readonly ratio?: unknown;
  readonly path: string;
}

/** The samplers that say: the decision of the parent stands. */
const OF_PARENTS: Readonly<Record<string, string>> = {
  remote_parent_sampled: 'always_on',
  remote_parent_not_sampled: 'always_off',
  local_parent_sampled: 'always_on',
  local_parent_not_sampled: 'always_off',
};

/** `tracer_provider.sampler` */
export function translateSampler(value: unknown, path: string, to: Translation): void {
  if (value === null) return;
  const sampler = samplerOf(value, path, to);
  if (sampler === undefined) return;
  set('OTEL_TRACES_SAMPLER', sampler.name, path, to);
  set('OTEL_TRACES_SAMPLER_ARG', sampler.ratio, sampler.path, to);
}

/** Undefined for one that foretrace has not: the default is used. */
function samplerOf(given: unknown, at: string, to: Translation): Sampler | undefined {
  const found = kindOf(given, at, to);
  if (found === undefined) return undefined;
  const { kind, value, path } = found;
  switch (kind) {
    case 'always_on':
    case 'always_off':
      fieldsOf(value, path, [], to);
      return { name: kind, path };
    case 'trace_id_ratio_based':
    // All ratios are those of consistent probability sampling.
    case 'probability/development':
    case 'probability': {
      const { ratio } = fieldsOf(value, path, ['ratio'], to);
      return { name: 'traceidratio', ratio: ratio ?? 1, path: `${path}.ratio` };
    }
    case 'parent_based':
    case 'parent_threshold':
      return parentBased(value, path, to);
    case 'composite/development':
      return samplerOf(value, path, to);
    // What it records beyond its root's decision is exported by nobody.
    case 'always_record':
      return samplerOf(fieldsOf(value, path, ['root'], to).root, `${path}.root`, to);
    case 'jaeger_remote/development':
      to.unsupported.push(`${path} (its initial_sampler is used)`);
      return samplerOf(
        fieldsOf(value, path, ['endpoint', 'interval', 'initial_sampler'], to).initial_sampler,
        `${path}.initial_sampler`,
        to,
      );
    case 'rule_based':
      to.unsupported.push(`${path} (every trace that begins here is kept)`);
      return undefined;
    default:
      to.unknown.push(path);
      return undefined;
  }
}

function parentBased(value: unknown, path: string, to: Translation): Sampler {
  const fields = fieldsOf(value, path, ['root', ...Object.keys(OF_PARENTS)], to);
  for (const [key, expected] of Object.entries(OF_PARENTS)) {
    if (fields[key] === undefined || fields[key] === null) continue;
    const found = kindOf(fields[key], `${path}.${key}`, to);
    if (found !== undefined && found.kind !== expected)
      to.unsupported.push(`${path}.${key} (the decision of the parent is followed)`);
  }
  const at = `${path}.root`;
  const root = fields.root === undefined || fields.root === null ? undefined : samplerOf(fields.root, at, to);
  if (root === undefined) return { name: 'parentbased_always_on', path: at };
  return root.name.startsWith('parentbased_') ? root : { ...root, name: `parentbased_${root.name}` };
}

/** The fields of a map; others than the named are unknown. */
function fieldsOf(
  value: unknown,
  path: string,
  names: readonly string[],
  to: Translation,
): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const [name, below] of entriesOf(value, path, to)) {
    if (names.includes(name)) fields[name] = below;
    else to.unknown.push(`${path}.${name}`);
  }
  return fields;
}
