import type { Instrumentation } from '../../src/define.ts';
import asyncLibrary from '../async.ts';
import bottleneck from '../bottleneck.ts';
import fastq from '../fastq.ts';
import genericPool from '../generic-pool.ts';
import pQueue from '../p-queue.ts';
import workerpool from '../workerpool.ts';

export default [
  asyncLibrary,
  bottleneck,
  fastq,
  genericPool,
  pQueue,
  workerpool,
] as readonly Instrumentation[];
