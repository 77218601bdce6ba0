/**
 * A stand-in for SQL Server that speaks enough of TDS 7.4 for a driver's tests: it lets everybody in without encryption, answers
 * every SELECT with one row `name: 'int'`, and statements about `kit_missing` with error 208.
 */
import { createServer, type Socket } from 'node:net';

const PRELOGIN = 0x12;
const LOGIN = 0x10;
const BATCH = 0x01;
const RPC = 0x03;
const ANSWER = 0x04;

const SP_PREPARE = 11;
const SP_EXECUTE = 12;

export interface TdsServer {
  readonly port: number;
  /** What batches and procedures have been asked, headers and all, as text. */
  readonly received: string[];
  close(): Promise<void>;
}

const u8 = (value: number): Buffer => Buffer.from([value]);
const u16 = (value: number): Buffer => Buffer.from([value & 0xff, value >> 8]);
const u32 = (value: number): Buffer => Buffer.concat([u16(value & 0xffff), u16(value >>> 16)]);
const ucs2 = (text: string): Buffer => Buffer.from(text, 'utf16le');
const shortText = (text: string): Buffer => Buffer.concat([u8(text.length), ucs2(text)]);
const longText = (text: string): Buffer => Buffer.concat([u16(text.length), ucs2(text)]);
/** A token with its length. */
const token = (type: number, ...parts: Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  return Buffer.concat([u8(type), u16(body.length), body]);
};

const MORE = 0x01;
const COUNTED = 0x10;
const FAILED = 0x02;
const done = (type: number, status: number, rows: number): Buffer =>
  Buffer.concat([u8(type), u16(status), u16(0xc1), u32(rows), u32(0)]);

const LOGIN_ACK = token(
  0xad,
  u8(1),
  Buffer.from([0x74, 0, 0, 4]),
  shortText('stand-in'),
  Buffer.from([16, 0, 0, 0]),
);
const COLLATION = Buffer.from([0x09, 0x04, 0xd0, 0x00, 0x34]);
const COLUMN = [u8(0x81), u16(1), u32(0), u16(9), u8(0xe7), u16(256), COLLATION, shortText('name')];
const ROW = Buffer.concat([...COLUMN, u8(0xd1), u16(6), ucs2('int')]);
const INTEGER = [u8(0x26), u8(4), u8(4), u32(1)];
const HANDLE = Buffer.concat([u8(0xac), u16(0), shortText('handle'), u8(1), u32(0), u16(0), ...INTEGER]);
const TEXTS = [longText("Invalid object name 'kit_missing'."), shortText('stand-in'), shortText('')];
const MISSING = token(0xaa, u32(208), u8(1), u8(16), ...TEXTS, u32(1));

/** Version 16, and encryption not supported. */
const PRELOGIN_ANSWER = Buffer.from([0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 0xff, 16, 0, 0, 0, 0, 0, 2]);

function answer(type: number, body: Buffer): Buffer {
  if (type === PRELOGIN) return PRELOGIN_ANSWER;
  if (type === LOGIN) return Buffer.concat([LOGIN_ACK, done(0xfd, 0, 0)]);
  if (type !== BATCH && type !== RPC) return done(0xfd, COUNTED, 2);
  const end = type === RPC ? 0xfe : 0xfd;
  // Texts may start at an odd byte.
  const text = body.toString('utf16le') + body.subarray(1).toString('utf16le');
  const start = body.readUInt32LE(0);
  const call = type === RPC && body.readUInt16LE(start) === 0xffff ? body.readUInt16LE(start + 2) : undefined;
  if (call === SP_PREPARE) return Buffer.concat([HANDLE, done(end, 0, 0)]);
  if (text.includes('kit_missing')) return Buffer.concat([MISSING, done(end, FAILED, 0)]);
  const hasRow = call === SP_EXECUTE || text.includes('SELECT');
  if (!hasRow) return done(end, COUNTED, 0);
  return Buffer.concat(
    type === RPC ? [ROW, done(0xff, COUNTED | MORE, 1), done(end, 0, 0)] : [ROW, done(end, COUNTED, 1)],
  );
}

function send(socket: Socket, body: Buffer): void {
  const header = Buffer.from([ANSWER, 1, 0, 0, 0, 1, 1, 0]);
  header.writeUInt16BE(body.length + 8, 2);
  socket.write(Buffer.concat([header, body]));
}

function serve(socket: Socket, received: string[]): void {
  let waiting = Buffer.alloc(0);
  let message: Buffer[] = [];
  socket.on('error', () => {});
  socket.on('data', (data) => {
    waiting = Buffer.concat([waiting, data]);
    while (waiting.length >= 8 && waiting.length >= waiting.readUInt16BE(2)) {
      const length = waiting.readUInt16BE(2);
      const [type, status] = waiting;
      message.push(waiting.subarray(8, length));
      waiting = waiting.subarray(length);
      if ((status & 1) === 0) continue;
      const body = Buffer.concat(message);
      // Texts may start at an odd byte.
      if (type === BATCH || type === RPC)
        received.push(body.toString('utf16le') + body.subarray(1).toString('utf16le'));
      send(socket, answer(type, body));
      message = [];
    }
  });
}

export async function startTdsServer(): Promise<TdsServer> {
  const sockets = new Set<Socket>();
  const received: string[] = [];
  const server = createServer((socket) => {
    sockets.add(socket);
    serve(socket, received);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as { port: number }).port,
    received,
    close() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}
