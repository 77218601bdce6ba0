import { define } from '../src/define.ts';
import { withLogIds } from '../src/semconv/log.ts';

export default define({
  name: 'pino',
  module: 'pino',
  versions: '>=5 <11',
  spans: 'none: each record that is written in a span has its `trace_id`, `span_id` and `trace_flags`',
  points: [
    // What every logger makes its lines with. A mixin of ours would get in the way of the app's own, of its formatters and serializers.
    { file: 'lib/tools.js', target: 'asJson', ends: { watch: (line) => withLogIds(line as string) } },
  ],
});
