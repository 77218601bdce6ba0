import { describe, it } from 'vitest';
import { type Service, whyUnreachable } from '../../scripts/services.mjs';

/**
 * A `describe` for cases that need a server. Where it can't be reached the cases are skipped and the title says why; with
 * `CI=true` that is a failure. `npm test` and `npm run services` start what is missing.
 */
export async function describeWith(service: Service, title: string, cases: () => void): Promise<void> {
  const why = await whyUnreachable(service);
  if (!why) describe(title, cases);
  else if (process.env.CI === 'true') {
    it(title, () => {
      throw new Error(why);
    });
  } else describe.skip(`${title} [${why}]`, cases);
}
