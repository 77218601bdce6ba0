// Express with Sentry, whose events go to the DSN of the environment.
'use strict';
const Sentry = require(`sentry-${process.env.SENTRY}`);

Sentry.init({ dsn: process.env.DSN, tracesSampleRate: 1 });
const http = require('node:http');
const express = require('express');

const app = express();
app.get('/items/:id', async (_, res) => {
  await (await fetch(`${process.env.BACKEND}/fetched`)).text();
  await Sentry.startSpan(
    { name: 'work', op: 'task' },
    () =>
      new Promise((resolve) =>
        http.get(`${process.env.BACKEND}/got`, (answer) => answer.resume().on('end', resolve)),
      ),
  );
  res.send('item');
});
app.get('/failing/:id', () => {
  throw new TypeError('nothing there');
});
Sentry.setupExpressErrorHandler(app);
const server = app.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: server.address().port })));
