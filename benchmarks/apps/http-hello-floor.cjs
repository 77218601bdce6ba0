'use strict';
const http = require('node:http');
const floor = require('./floor-tracer.cjs');

const CONSTANTS = floor.serverConstants();

function handle(request, response) {
  response.setHeader('content-type', 'text/plain');
  response.end('hello');
}

const server = http.createServer((request, response) => {
  const span = floor.startServerSpan(request, 'GET');
  floor.store.run(span, handle, request, response);
  floor.endServerSpan(span, request, response, CONSTANTS);
});
server.listen(0, '127.0.0.1', () => console.log(`listening ${server.address().port}`));
