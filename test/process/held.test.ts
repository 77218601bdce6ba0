import { expect, it } from 'vitest';
import { startReceiver } from '../support/receiver.ts';
import { runApp } from '../support/run-app.ts';
import { describeWith } from '../support/services.ts';

await describeWith('postgresql', 'a text that is larger than what is sent of it', async () => {
  await describeWith('redis', 'with Redis', () => {
    it('is not kept: not for its error, statement, key, host, redirect, names, attributes or message', async () => {
      const receiver = await startReceiver();
      const app = runApp({ file: 'core/held.mjs', receiver, execArgv: ['--expose-gc'] });
      const { stdout, stderr, code } = await app.exited;
      expect([code, stderr]).toEqual([0, '']);
      const { kept } = JSON.parse(stdout) as { kept: Record<string, number> };
      // Of 40 texts of 1 MB. What the agent knows by itself, and a text or two that are being read, are less than this.
      for (const [name, megabytes] of Object.entries(kept)) expect(megabytes, name).toBeLessThan(12);
      expect(receiver.spans().length).toBeGreaterThan(40 * Object.keys(kept).length);
      await receiver.close();
    });
  });
});
