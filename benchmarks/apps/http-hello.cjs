'use strict';
// The cheapest thing a Node.js server can do, so that what an agent adds shows at its largest.
const http = require('node:http');

const server = http.createServer((request, response) => {
  response.setHeader('content-type', 'text/plain');
  response.end('hello');
});
server.listen(0, '127.0.0.1', () => console.log(`listening ${server.address().port}`));
