import type { Instrumentation } from '../../src/define.ts';
import asyncLibrary from '../async.ts';
import bottleneck from '../bottleneck.ts';
import fastq from '../fastq.ts';
import genericPool from '../generic-pool.ts';
import pQueue from '../p-queue.ts';
import piscina from '../piscina.ts';
import workerpool from '../workerpool.ts';

export default [
  asyncLibrary,
  bottleneck,
  fastq,
  genericPool,
  pQueue,
  piscina,
  workerpool,
] as readonly Instrumentation[];
