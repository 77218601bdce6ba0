import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { block } from '../../encode/span.ts';
import { NODEJS_EVENTLOOP_STATE } from '../../semconv/keys-runtime.ts';
import * as i from '../instrument.ts';
import type { Gauge, Metrics } from '../series.ts';

/**
 * How often Node's timer fires that delays are seen by. Each time the process wakes up: at Node's default of 10 ms an idle one takes twice as
 * much of a CPU.
 */
const RESOLUTION_MS = 20;

/** Watches the event loop of this thread. @returns what writes down the time since the last call */
export function watchEventLoop(metrics: Metrics): () => void {
  // From the prototype: test tools of apps replace what is on the object.
  const { eventLoopUtilization } = Object.getPrototypeOf(performance) as typeof performance;
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  let last = eventLoopUtilization();
  let series: Series | undefined;

  return () => {
    const now = eventLoopUtilization();
    series ??= seriesOf(metrics);
    const active = now.active - last.active;
    const idle = now.idle - last.idle;
    last = now;
    if (active + idle > 0) series.utilization.set(active / (active + idle));
    series.active.set(now.active / 1000);
    series.idle.set(now.idle / 1000);
    // All of the time was one turn, which is not over.
    if (delay.count === 0) return;
    series.min.set(beyond(delay.min));
    series.max.set(beyond(delay.max));
    series.mean.set(beyond(delay.mean));
    series.stddev.set(delay.stddev / 1e9);
    series.p50.set(beyond(delay.percentile(50)));
    series.p90.set(beyond(delay.percentile(90)));
    series.p99.set(beyond(delay.percentile(99)));
    delay.reset();
  };
}

/** Seconds of delay: Node's histogram has the time from one call of its timer to the next, in ns, and what the timer waits for is no delay. */
function beyond(ns: number): number {
  return Math.max(0, ns / 1e9 - RESOLUTION_MS / 1000);
}

type Series = Record<
  'active' | 'idle' | 'utilization' | 'min' | 'max' | 'mean' | 'stddev' | 'p50' | 'p90' | 'p99',
  Gauge
>;

function seriesOf(metrics: Metrics): Series {
  const none = block([]);
  return {
    active: metrics.gauge(i.NODEJS_EVENTLOOP_TIME, block([NODEJS_EVENTLOOP_STATE, 'active'])),
    idle: metrics.gauge(i.NODEJS_EVENTLOOP_TIME, block([NODEJS_EVENTLOOP_STATE, 'idle'])),
    utilization: metrics.gauge(i.NODEJS_EVENTLOOP_UTILIZATION, none),
    min: metrics.gauge(i.NODEJS_EVENTLOOP_DELAY_MIN, none),
    max: metrics.gauge(i.NODEJS_EVENTLOOP_DELAY_MAX, none),
    mean: metrics.gauge(i.NODEJS_EVENTLOOP_DELAY_MEAN, none),
    stddev: metrics.gauge(i.NODEJS_EVENTLOOP_DELAY_STDDEV, none),
    p50: metrics.gauge(i.NODEJS_EVENTLOOP_DELAY_P50, none),
    p90: metrics.gauge(i.NODEJS_EVENTLOOP_DELAY_P90, none),
    p99: metrics.gauge(i.NODEJS_EVENTLOOP_DELAY_P99, none),
  };
}
