'use strict';
// Preloaded into every variant of tail-latency alike. SIGUSR2 prints the delays since the last one, in milliseconds.
const { monitorEventLoopDelay } = require('node:perf_hooks');

const histogram = monitorEventLoopDelay({ resolution: 1 });
histogram.enable();
process.on('SIGUSR2', () => {
  const [p99, p999, max] = [histogram.percentile(99), histogram.percentile(99.9), histogram.max].map(
    (ns) => ns / 1e6,
  );
  console.log(`delay ${JSON.stringify({ p99, p999, max })}`);
  histogram.reset();
});
