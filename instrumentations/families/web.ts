import type { Instrumentation } from '../../src/define.ts';
import connect from '../connect.ts';
import express from '../express.ts';
import fastify, { fastifyMiddie } from '../fastify.ts';
import hapi from '../hapi.ts';
import hono from '../hono.ts';
import koa, { koaMount } from '../koa.ts';
import koaScopedRouter, { koaRouter } from '../koa-router.ts';
import nestjsCore from '../nestjs-core.ts';
import restify from '../restify.ts';
import router from '../router.ts';

export default [
  express,
  router,
  fastify,
  fastifyMiddie,
  koa,
  koaMount,
  koaScopedRouter,
  koaRouter,
  nestjsCore,
  hono,
  hapi,
  connect,
  restify,
] as readonly Instrumentation[];
