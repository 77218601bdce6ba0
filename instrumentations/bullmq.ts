import { active, DB, define, type Point, ROOT } from '../src/define.ts';
import { contextOf } from '../src/semconv/fields.ts';
import {
  add,
  addBulk,
  addFlow,
  addFlows,
  carriedBy,
  type Client,
  handedOver,
  type Job,
  process,
  schedule,
} from './bullmq-jobs.ts';

/**
 * A worker asks for jobs, and renews its locks on them, for as long as it lives: on behalf of nobody, least of all of the request in which
 * it was made.
 */
const LOOP = ROOT.suppress(DB);

/** With a tracer of the app's own the loop is traced by that. */
const loop = ({ opts }: Client) => (opts.telemetry === undefined ? LOOP : undefined);
const processor = ({ opts }: Client) => (opts.telemetry === undefined ? ROOT : undefined);
/** What listeners do is the app's own. */
const listeners = () => (active() === LOOP ? ROOT : undefined);

const at = (name: string, target: string, more: Partial<Point>): Point => ({
  file: `dist/cjs/classes/${name}.js`,
  target,
  ...more,
});

export default define({
  name: 'bullmq',
  module: 'bullmq',
  versions: '>=3 <7',
  spans: 'a producer span for each call that adds jobs, a consumer span for each attempt to process one',
  points: [
    at('queue', 'Queue.prototype.add', { trace: add, active: true }),
    at('queue', 'Queue.prototype.addBulk', { trace: addBulk, active: true }),
    at('queue', 'Queue.prototype.upsertJobScheduler', { versions: '>=5.16', trace: schedule, active: true }),
    at('flow-producer', 'FlowProducer.prototype.add', { trace: addFlow, active: true }),
    at('flow-producer', 'FlowProducer.prototype.addBulk', { trace: addFlows, active: true }),
    at('worker', 'Worker.prototype.callProcessJob', { trace: process, context: processor }),
    at('worker', 'Worker.prototype.run', { context: loop }),
    at('worker', 'Worker.prototype.emit', { context: listeners }),
    at('queue-events', 'QueueEvents.prototype.run', { context: loop }),
    at('queue-events', 'QueueEvents.prototype.emit', { context: listeners }),
    at('job', 'Job.prototype.asJSONSandbox', { ends: { watch: (job) => handedOver(job as Job) } }),
    at('child-processor', 'ChildProcessor.prototype.start', {
      context: (_: unknown, [job]: [Job]) => contextOf(carriedBy(job)),
    }),
  ],
});
