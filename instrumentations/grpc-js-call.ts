import { active, callIn, type Ending, type Ends, isWrapped, opening, type Point } from '../src/define.ts';
import { carrying, type Metadata } from '../src/semconv/grpc.ts';
import type { Carried } from '../src/semconv/rpc.ts';
import { type Listener, listenIn } from './grpc-js-waiting.ts';

type Context = ReturnType<typeof active>;

/** What is to be known when a call that was made is started, with its metadata and a listener. */
interface Made {
  readonly ending: Ending;
  readonly carried: Carried | undefined;
  readonly caller: Context;
  readonly context: Context | undefined;
  isStarted: boolean;
}

/** The outermost call of a chain of interceptors; the inner ones are of the same classes, and not marked. */
interface Call {
  [MADE]?: Made;
  start: Function;
}

const MADE = Symbol('foretrace.made');

/** By the arguments of the function that makes a call. */
const carriedBy = new WeakMap<unknown[], Carried>();

export function carry(carried: Carried, args: unknown[]): void {
  carriedBy.set(args, carried);
}

const start: Omit<Point, 'target'> = {
  before({ [MADE]: made }: Call, args: [Metadata, Listener]) {
    // A subclass calls that of its base.
    if (made === undefined || made.isStarted) return undefined;
    made.isStarted = true;
    const { ending, carried, caller } = made;
    const [metadata, listener] = args;
    args[1] = {
      ...listenIn(caller, listener),
      onReceiveStatus(...status: unknown[]) {
        ending.end(undefined, status[0]);
        return callIn(caller, listener.onReceiveStatus, listener, status);
      },
    };
    if (carried !== undefined) args[0] = carrying(metadata, carried);
    return made;
  },
  context: ({ [MADE]: made }: Call) => made?.context,
  after(_: Call, __: unknown, error: unknown, ___: unknown, made: Made | undefined) {
    if (error !== undefined) made?.ending.end(error);
  },
};

const openClass = opening('grpc-js', [{ target: 'constructor.prototype.start', ...start }]);
/** For what an interceptor of the app's returns that is of no class. Fifteen times as dear, so not for all. */
const openObject = opening('grpc-js', [{ target: 'start', ...start }]);

/** A call is over when the listener that it is started with hears of its status: after all interceptors and attempts, before the app. */
export const started: Ends = {
  always: true,
  watch(returned, ending, _, args, context) {
    const call = returned as Call;
    call[MADE] = { ending, carried: carriedBy.get(args), caller: active(), context, isStarted: false };
    openClass(call);
    if (!isWrapped(call.start)) openObject(call);
    return call;
  },
};
