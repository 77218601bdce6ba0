import type { Instrumentation } from '../../src/define.ts';
import mongodb from '../mongodb.ts';
import mongoose from '../mongoose.ts';

export default [mongodb, mongoose] as readonly Instrumentation[];
