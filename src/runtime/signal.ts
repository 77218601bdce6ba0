import { guarded } from '../guard.ts';
import { log } from '../log.ts';
import { isOff, setTracing } from '../trace/switch.ts';

/**
 * Switches tracing off and on at each of these signals. A listener: the default action, which ends most processes, must not follow.
 * Those of the app hear it too.
 */
export function toggleBy(signal: NodeJS.Signals): void {
  process.on(
    signal,
    guarded('the switch of tracing', () => {
      const on = isOff();
      setTracing(on);
      // Whoever sends a signal has no other answer.
      log.warn(`tracing is ${on ? 'on' : 'off'} (${signal})`);
    }),
  );
}
