import { define } from '../src/define.ts';
import { noteTimeout } from './http-outgoing.ts';

interface Request {
  req?: object | null;
}

export default define({
  name: 'superagent',
  module: 'superagent',
  versions: '>=8 <11',
  spans: 'none of its own, its requests are spans of `http`: tells which of them have taken too long',
  aliases: ['http'],
  points: [
    {
      file: 'lib/request-base.js',
      target: 'prototype._timeoutError',
      // Its time limits abort a request as the app would.
      before: (request: Request) => noteTimeout(request?.req),
    },
  ],
});
