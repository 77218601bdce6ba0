import type { Instrumentation } from '../src/define.ts';
import amqplib from './amqplib.ts';
import asyncLibrary from './async.ts';
import bottleneck from './bottleneck.ts';
import childProcess from './child_process.ts';
import fastq from './fastq.ts';
import genericPool from './generic-pool.ts';
import piscina from './piscina.ts';
import pQueue from './p-queue.ts';
import workerThreads from './worker_threads.ts';
import workerpool from './workerpool.ts';
import betterSqlite3 from './better-sqlite3.ts';
import bullmq from './bullmq.ts';
import connect from './connect.ts';
import ejs from './ejs.ts';
import express from './express.ts';
import fastify, { fastifyMiddie } from './fastify.ts';
import got from './got.ts';
import grpcJs from './grpc-js.ts';
import grpcJsWaiting from './grpc-js-waiting.ts';
import hapi from './hapi.ts';
import hono from './hono.ts';
import http from './http.ts';
import http2 from './http2.ts';
import http2Wrapper from './http2-wrapper.ts';
import ioredis from './ioredis.ts';
import koaScopedRouter, { koaRouter } from './koa-router.ts';
import koa, { koaMount } from './koa.ts';
import libsqlClient from './libsql-client.ts';
import libsql from './libsql.ts';
import memcached from './memcached.ts';
import memjs from './memjs.ts';
import mongodb from './mongodb.ts';
import mongoose from './mongoose.ts';
import mariadb from './mariadb.ts';
import mssql from './mssql.ts';
import mysql from './mysql.ts';
import mysql2 from './mysql2.ts';
import nestjsCore from './nestjs-core.ts';
import openai from './openai.ts';
import pgPool from './pg-pool.ts';
import pg from './pg.ts';
import pino from './pino.ts';
import redisClient, { nodeRedisClient } from './redis-client.ts';
import redis from './redis.ts';
import postgres from './postgres.ts';
import restify from './restify.ts';
import router from './router.ts';
import sqlite from './sqlite.ts';
import sqlite3 from './sqlite3.ts';
import superagent from './superagent.ts';
import tedious from './tedious.ts';
import undici from './undici.ts';

/** The catalogue: the one list of instrumented libraries. The documentation and the version matrix are made from it. */
export const catalogue: readonly Instrumentation[] = [
  http,
  http2,
  undici,
  got,
  superagent,
  http2Wrapper,
  grpcJs,
  grpcJsWaiting,
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
  pg,
  pgPool,
  postgres,
  mysql2,
  mysql,
  mariadb,
  tedious,
  mssql,
  ioredis,
  redisClient,
  nodeRedisClient,
  redis,
  memcached,
  memjs,
  mongodb,
  mongoose,
  sqlite,
  betterSqlite3,
  libsql,
  libsqlClient,
  sqlite3,
  amqplib,
  bullmq,
  openai,
  ejs,
  pino,
  asyncLibrary,
  bottleneck,
  fastq,
  genericPool,
  piscina,
  pQueue,
  workerpool,
  childProcess,
  workerThreads,
];
