import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { block } from '../../../encode/span.ts';
import * as i from '../../../metrics/instrument.ts';
import { createMetrics, type Gauge } from '../../../metrics/series.ts';
import { CPU_MODE } from '../../../semconv/keys-runtime.ts';

/**
 * Measures the process, which every thread of it can: the app's has no work with it.
 * @param onTable takes the table of this thread when there is something in it
 * @returns what writes down the state of now
 */
export function readProcess(exponential: boolean, onTable: (shared: SharedArrayBuffer) => void): () => void {
  const metrics = createMetrics(exponential, false, onTable, Date.now);
  const gauge = (instrument: i.Instrument): Gauge => metrics.gauge(instrument, block([]));
  const cpus = availableParallelism();
  const user = block([CPU_MODE, 'user']);
  const system = block([CPU_MODE, 'system']);
  let series: ReturnType<typeof seriesOf> | undefined;
  let last = { seconds: 0, user: 0, system: 0 };

  function seriesOf() {
    return {
      userTime: metrics.gauge(i.PROCESS_CPU_TIME, user),
      systemTime: metrics.gauge(i.PROCESS_CPU_TIME, system),
      userShare: metrics.gauge(i.PROCESS_CPU_UTILIZATION, user),
      systemShare: metrics.gauge(i.PROCESS_CPU_UTILIZATION, system),
      memory: gauge(i.PROCESS_MEMORY_USAGE),
      virtual: gauge(i.PROCESS_MEMORY_VIRTUAL),
      threads: gauge(i.PROCESS_THREAD_COUNT),
      descriptors: gauge(i.PROCESS_UNIX_FILE_DESCRIPTOR_COUNT),
      uptime: gauge(i.PROCESS_UPTIME),
    };
  }

  return () => {
    series ??= seriesOf();
    const seconds = process.uptime();
    const cpu = process.cpuUsage();
    const now = { seconds, user: cpu.user / 1e6, system: cpu.system / 1e6 };
    series.uptime.set(seconds);
    series.userTime.set(now.user);
    series.systemTime.set(now.system);
    const available = (seconds - last.seconds) * cpus;
    if (available > 0) {
      series.userShare.set((now.user - last.user) / available);
      series.systemShare.set((now.system - last.system) / available);
    }
    last = now;
    series.memory.set(process.memoryUsage.rss());
    const status = statusOfLinux();
    series.virtual.set(numberIn(status, /^VmSize:\s*(\d+) kB/m) * 1024);
    series.threads.set(numberIn(status, /^Threads:\s*(\d+)/m));
    series.descriptors.set(openDescriptors());
  };
}

/** NaN, which is not set, where the system does not tell. */
function numberIn(text: string, pattern: RegExp): number {
  return Number(pattern.exec(text)?.[1] ?? NaN);
}

function statusOfLinux(): string {
  try {
    return process.platform === 'linux' ? readFileSync('/proc/self/status', 'latin1') : '';
  } catch {
    // Node's permission model.
    return '';
  }
}

function openDescriptors(): number {
  const { platform } = process;
  if (platform === 'win32') return NaN;
  try {
    // One of them is that of the folder.
    return readdirSync(platform === 'linux' ? '/proc/self/fd' : '/dev/fd').length - 1;
  } catch {
    return NaN;
  }
}
