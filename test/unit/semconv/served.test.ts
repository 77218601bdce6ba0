import { expect, test } from 'vitest';
import { servedOf } from '../../../src/semconv/http-server.ts';

test.each([[undefined], [null], [{}]])(
  'what a mock has in place of a request (%s) is nobody’s',
  (request) => {
    expect(servedOf(request)).toBeUndefined();
  },
);
