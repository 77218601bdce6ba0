import type { Instrumentation } from '../../src/define.ts';
import bunyan from '../bunyan.ts';
import log4js from '../log4js.ts';
import pino from '../pino.ts';
import winston from '../winston.ts';

export default [pino, winston, bunyan, log4js] as readonly Instrumentation[];
