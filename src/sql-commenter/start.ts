import type { Config } from '../config/table.ts';
import { injectTraceContext } from '../propagate/tracecontext.ts';
import { resource } from '../resource/resource.ts';
import { SERVICE_NAME } from '../semconv/keys-resource.ts';
import { setSqlCommenter, type SqlComment } from '../semconv/sql-comment.ts';
import type { SqlDialect } from '../redact/sql-dialect.ts';
import type { SpanIds } from '../trace/span-context.ts';
import { commentPlace } from './appended.ts';
import { formatComment } from './comment.ts';

/**
 * Starts SQLCommenter (https://google.github.io/sqlcommenter/spec/): statements go to the database with a comment that names the app
 * and the driver and, with `full`, the call's span.
 */
export function startSqlCommenter(mode: 'service' | 'full', config: Config['resource']): void {
  let application: string | undefined;
  const constants = new Map<string, string>();
  const constantOf = (driver: string): string => {
    // Not before the first statement: it reads the app's package.json.
    application ??= String(resource({ ...config, detectors: [] })[SERVICE_NAME]);
    let made = constants.get(driver);
    if (made === undefined) {
      made = formatComment({ application, db_driver: driver });
      constants.set(driver, made);
    }
    return made;
  };
  setSqlCommenter((driver, dialect, span) => {
    const constant = constantOf(driver);
    const own =
      mode === 'full'
        ? formatComment({ application: application as string, db_driver: driver, ...traceFields(span) })
        : constant;
    return comment(constant, own, dialect);
  });
}

function comment(constant: string, own: string, dialect: SqlDialect): SqlComment {
  return {
    on(text, isKept) {
      const place = commentPlace(text, dialect);
      return place === -1
        ? text
        : `${text.slice(0, place)} ${isKept === true ? constant : own}${text.slice(place)}`;
    },
  };
}

function traceFields({ t0, t1, t2, t3, s0, s1, flags, traceState }: SpanIds): Record<string, string> {
  const fields: Record<string, string> = {};
  const set = (carrier: Record<string, string>, name: string, value: string): void => {
    carrier[name] = value;
  };
  injectTraceContext(fields, set, t0, t1, t2, t3, s0, s1, flags, traceState);
  return fields;
}
