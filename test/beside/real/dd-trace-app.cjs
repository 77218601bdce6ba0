// Express with dd-trace, loaded after the agent; nothing listens where it sends its traces.
'use strict';
require('dd-trace').init({ startupLogs: false, url: 'http://127.0.0.1:9' });
const express = require('express');

const app = express();
app.get('/items/:id', async (_, res) => res.send(await (await fetch(`${process.env.BACKEND}/of`)).text()));
app.get('/failing/:id', () => {
  throw new TypeError('nothing there');
});
const server = app.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: server.address().port })));
