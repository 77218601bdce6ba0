import { keepConditions, keepRemark } from '../keep.ts';
import type { Group } from '../variable.ts';

export const KEEP = {
  title: 'Keeping what matters, of foretrace alone',
  text: 'A decision on each trace when its local root (a request that is served, a message, a job) has ended: [keeping what matters](keeping.md).',
  rows: [
    {
      name: 'FORETRACE_KEEP',
      to: 'keep',
      type: 'list',
      default: [],
      as: keepConditions,
      remark: keepRemark,
      help: 'Which traces are kept whatever the sampler says: `errors` (the local root failed; `errors:any`: any span of it), `slow:500ms`, `status:5xx|404|500-599`, `attr:name=value`; at most `rate:5/s` of them. For example `errors, slow:500ms`.',
    },
  ],
} as const satisfies Group;
