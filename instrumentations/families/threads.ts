import type { Instrumentation } from '../../src/define.ts';
import childProcess from '../child_process.ts';
import workerThreads from '../worker_threads.ts';

export default [childProcess, workerThreads] as readonly Instrumentation[];
