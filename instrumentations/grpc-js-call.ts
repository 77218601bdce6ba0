import { active, callIn, type Ending, type Ends, opening } from '../src/define.ts';
import { carrying, type Metadata } from '../src/semconv/grpc.ts';
import type { Carried } from '../src/semconv/rpc.ts';
import { type Listener, listenIn } from './grpc-js-waiting.ts';

type Context = ReturnType<typeof active>;

/** A client's call, which is made first and then started with its metadata. */
interface Call {
  [CALL]: { ending: Ending; carried: Carried | undefined; caller: Context; context: Context | undefined };
}

const CALL = Symbol('foretrace.call');

/** By the arguments of the function that makes the call: the metadata comes later. */
const carriedBy = new WeakMap<unknown[], Carried>();

export function carry(carried: Carried, args: unknown[]): void {
  carriedBy.set(args, carried);
}

const openCall = opening('grpc-js', [
  {
    target: 'start',
    before({ [CALL]: { ending, carried, caller } }: Call, args: [Metadata, Listener]) {
      const [metadata, listener] = args;
      args[1] = {
        ...listenIn(caller, listener),
        onReceiveStatus(...status: unknown[]) {
          ending.end(undefined, status[0]);
          return callIn(caller, listener.onReceiveStatus, listener, status);
        },
      };
      if (carried !== undefined) args[0] = carrying(metadata, carried);
    },
    context: ({ [CALL]: { context } }: Call) => context,
    after({ [CALL]: { ending } }: Call, _: unknown, error: unknown) {
      if (error !== undefined) ending.end(error);
    },
  },
]);

/** A call is over when the listener that it is started with hears of its status: after all interceptors and attempts, before the app. */
export const started: Ends = {
  always: true,
  watch(call, ending, _, args, context) {
    (call as Call)[CALL] = { ending, carried: carriedBy.get(args), caller: active(), context };
    openCall(call);
    return call;
  },
};
