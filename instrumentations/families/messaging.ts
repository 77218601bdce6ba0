import type { Instrumentation } from '../../src/define.ts';
import amqplib from '../amqplib.ts';
import bullmq from '../bullmq.ts';

export default [amqplib, bullmq] as readonly Instrumentation[];
