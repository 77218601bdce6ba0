import { active, callIn, define } from '../src/define.ts';

/**
 * A call waits until its channel is connected, and goes on in whatever has connected it, which another call has started as a rule.
 * It is sent, and what it listens to is called, in the context of the app's call.
 */
const CONTEXT = Symbol('foretrace.context');

interface Call {
  [CONTEXT]?: ReturnType<typeof active>;
}

export type Listener = Record<'onReceiveMetadata' | 'onReceiveMessage' | 'onReceiveStatus', Function>;

/** What a call tells its listener is told in a context. */
export function listenIn(context: ReturnType<typeof active>, listener: Listener): Listener {
  return {
    onReceiveMetadata: (...args: unknown[]) => callIn(context, listener.onReceiveMetadata, listener, args),
    onReceiveMessage: (...args: unknown[]) => callIn(context, listener.onReceiveMessage, listener, args),
    onReceiveStatus: (...args: unknown[]) => callIn(context, listener.onReceiveStatus, listener, args),
  };
}

/** The app's call. */
function startCall(call: Call, args: unknown[]): void {
  const context = (call[CONTEXT] = active());
  args[1] = listenIn(context, args[1] as Listener);
}

/** One attempt of it, which is started in the call's context. */
function startAttempt(call: Call): void {
  call[CONTEXT] = active();
}

/** What the channel calls once there is an address, or a connection. */
function resume({ [CONTEXT]: context }: Call): ReturnType<typeof active> | undefined {
  return context;
}

export default define({
  name: 'grpc-js-waiting',
  module: '@grpc/grpc-js',
  versions: '>=1.8 <2',
  spans:
    'none of its own: keeps the context of calls that wait for a connection, and of who waits to be ready',
  keepsContext: true,
  points: [
    {
      file: 'build/src/client.js',
      target: 'Client.prototype.waitForReady',
      argument: '1',
      context: 'caller',
    },
    { file: 'build/src/resolving-call.js', target: 'ResolvingCall.prototype.start', before: startCall },
    { file: 'build/src/resolving-call.js', target: 'ResolvingCall.prototype.getConfig', context: resume },
    {
      file: 'build/src/load-balancing-call.js',
      target: 'LoadBalancingCall.prototype.start',
      before: startAttempt,
    },
    {
      file: 'build/src/load-balancing-call.js',
      target: 'LoadBalancingCall.prototype.doPick',
      context: resume,
    },
  ],
});
