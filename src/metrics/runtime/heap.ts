import { block } from '../../encode/span.ts';
import { V8JS_HEAP_SPACE_NAME } from '../../semconv/keys-runtime.ts';
import {
  V8JS_MEMORY_HEAP_SPACE_AVAILABLE_SIZE,
  V8JS_MEMORY_HEAP_SPACE_PHYSICAL_SIZE,
  V8JS_MEMORY_HEAP_SPACE_SIZE,
  V8JS_MEMORY_HEAP_USED,
} from '../instrument.ts';
import type { Gauge, Metrics } from '../series.ts';

/** @returns what writes down how large the spaces of this thread's heap are */
export function readHeap(metrics: Metrics): () => void {
  const spaces = new Map<string, Record<'used' | 'size' | 'available' | 'physical', Gauge>>();

  return () => {
    // Not imported: where nothing else of the app has loaded it, it takes some ms.
    for (const space of process.getBuiltinModule('node:v8').getHeapSpaceStatistics()) {
      const { space_name: name } = space;
      let series = spaces.get(name);
      if (series === undefined) {
        const attributes = block([V8JS_HEAP_SPACE_NAME, name]);
        series = {
          used: metrics.gauge(V8JS_MEMORY_HEAP_USED, attributes),
          size: metrics.gauge(V8JS_MEMORY_HEAP_SPACE_SIZE, attributes),
          available: metrics.gauge(V8JS_MEMORY_HEAP_SPACE_AVAILABLE_SIZE, attributes),
          physical: metrics.gauge(V8JS_MEMORY_HEAP_SPACE_PHYSICAL_SIZE, attributes),
        };
        spaces.set(name, series);
      }
      series.used.set(space.space_used_size);
      series.size.set(space.space_size);
      series.available.set(space.space_available_size);
      series.physical.set(space.physical_space_size);
    }
  };
}
