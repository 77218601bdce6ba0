import type { Instrumentation } from '../../src/define.ts';
import betterSqlite3 from '../better-sqlite3.ts';
import libsql from '../libsql.ts';
import libsqlClient from '../libsql-client.ts';
import mariadb from '../mariadb.ts';
import mssql from '../mssql.ts';
import mysql from '../mysql.ts';
import mysql2 from '../mysql2.ts';
import pg from '../pg.ts';
import pgPool from '../pg-pool.ts';
import postgres from '../postgres.ts';
import sqlite from '../sqlite.ts';
import sqlite3 from '../sqlite3.ts';
import tedious from '../tedious.ts';

export default [
  pg,
  pgPool,
  postgres,
  mysql2,
  mysql,
  mariadb,
  tedious,
  mssql,
  sqlite,
  betterSqlite3,
  libsql,
  libsqlClient,
  sqlite3,
] as readonly Instrumentation[];
