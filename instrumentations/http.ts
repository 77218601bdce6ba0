import { define } from '../src/define.ts';
import { incomingEmit, onRequest, responseEmit } from './http-incoming.ts';
import { addRequest, destroy, requestEmit, storeHeader } from './http-outgoing.ts';

export default define({
  name: 'http',
  module: 'http',
  loadedBy: ['https', 'http2'],
  spans: 'a server span for each request served, a client span for each request sent (`https` included)',
  subscriptions: [{ channel: 'http.server.request.start', receive: onRequest }],
  points: [
    { target: 'IncomingMessage.prototype.emit', wrap: incomingEmit },
    { target: 'ServerResponse.prototype.emit', wrap: responseEmit },
    { target: 'ClientRequest.prototype._storeHeader', wrap: storeHeader },
    { target: 'ClientRequest.prototype.emit', wrap: requestEmit },
    { target: 'ClientRequest.prototype.destroy', wrap: destroy },
    { target: 'Agent.prototype.addRequest', wrap: addRequest },
  ],
});
