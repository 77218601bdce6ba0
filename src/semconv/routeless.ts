import { log } from '../log.ts';

/** So many requests that found something, none of them with a route: then no framework is going to tell one. */
const ENOUGH = 10;

/** How many requests there were without a route; NaN once there is nothing to say any more. */
let routeless = 0;

/** Says once, at debug level, that server spans have no routes since nobody tells them. */
export function countRouteless(route: string | undefined, statusCode: number): void {
  if (route !== undefined) routeless = Number.NaN;
  else if (statusCode < 400 && ++routeless === ENOUGH) {
    routeless = Number.NaN;
    log.debug(
      `${ENOUGH} requests and no route: no web framework that foretrace knows has served them, so their spans are named after the method alone`,
    );
  }
}
