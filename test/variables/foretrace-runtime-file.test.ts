import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inMatrix } from '../support/libraries.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { ROOT, runApp } from '../support/run-app.ts';
import { runSwitched } from '../support/switched-app.ts';

const folder = mkdtempSync(join(tmpdir(), 'foretrace-runtime-'));
let receiver: Receiver;
beforeAll(async () => {
  receiver = await startReceiver();
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await receiver.close();
});

const OFF = 'FORETRACE_TRACING=off\n';
const isOff = (headers: object): boolean => !('traceparent' in headers);
/** `00` or `01`, without the bit that says that ids are random. */
const flag = ({ traceparent }: Record<string, string>): string => `0${Number(traceparent!.at(-1)) & 1}`;

describe.skipIf(inMatrix)('FORETRACE_RUNTIME_FILE', () => {
  it('is read at the start, and again when it is written, replaced, deleted and there again', async () => {
    const path = join(folder, 'written.env');
    writeFileSync(path, OFF);
    const { app, ask, said } = runSwitched(receiver, {
      cwd: folder,
      env: { FORETRACE_RUNTIME_FILE: 'written.env', OTEL_LOG_LEVEL: 'info' },
    });
    expect(isOff(await ask())).toBe(true);
    writeFileSync(path, 'OTEL_TRACES_SAMPLER=always_off\n');
    await said('FORETRACE_TRACING as at the start, OTEL_TRACES_SAMPLER="always_off"\n');
    expect(flag(await ask())).toBe('00');
    writeFileSync(`${path}.new`, 'OTEL_TRACES_SAMPLER=traceidratio\nOTEL_TRACES_SAMPLER_ARG=1.0\n');
    renameSync(`${path}.new`, path);
    await said('OTEL_TRACES_SAMPLER="traceidratio", OTEL_TRACES_SAMPLER_ARG="1.0"\n');
    expect(flag(await ask())).toBe('01');
    rmSync(path);
    await said('OTEL_TRACES_SAMPLER as at the start, OTEL_TRACES_SAMPLER_ARG as at the start\n');
    writeFileSync(path, OFF);
    await said('written.env: FORETRACE_TRACING="off"\n', 2);
    expect(isOff(await ask())).toBe(true);
    await app.stop();
    receiver.clear();
  });

  it('changes the sampling rules, and takes them back', async () => {
    const path = join(folder, 'rules.env');
    const { app, ask, said } = runSwitched(receiver, {
      env: { FORETRACE_RUNTIME_FILE: path, OTEL_LOG_LEVEL: 'info' },
    });
    expect(flag(await ask())).toBe('01');
    writeFileSync(path, 'FORETRACE_SAMPLING_RULES=GET /=0; *=1\n');
    await said('FORETRACE_SAMPLING_RULES="GET /=0; *=1"\n');
    expect(flag(await ask())).toBe('00');
    rmSync(path);
    await said('FORETRACE_SAMPLING_RULES as at the start\n');
    expect(flag(await ask())).toBe('01');
    await app.stop();
    receiver.clear();
  });

  it('changes the sampler by the example of the documentation', async () => {
    const [, text] = /<!-- tried: runtime -->\n\n```sh\n(.*?)```/s.exec(
      readFileSync(`${ROOT}docs/runtime-switch.md`, 'utf8'),
    )!;
    const path = join(folder, 'example.env');
    const { app, ask, said } = runSwitched(receiver, { env: { FORETRACE_RUNTIME_FILE: path } });
    expect(flag(await ask())).toBe('01');
    writeFileSync(path, text!.replace('0.01', '0'));
    // The level that the file sets shows the line about it.
    await said('OTEL_LOG_LEVEL="info"');
    expect(flag(await ask())).toBe('00');
    await app.stop();
    receiver.clear();
  });

  it.skipIf(process.platform === 'win32')(
    'follows the links of a ConfigMap, without an export too',
    async () => {
      const at = (...names: string[]): string => join(folder, 'map', ...names);
      mkdirSync(at('v1'), { recursive: true });
      mkdirSync(at('v2'));
      writeFileSync(at('v1', 'runtime.env'), '');
      writeFileSync(at('v2', 'runtime.env'), OFF);
      symlinkSync('v1', at('..data'));
      symlinkSync(join('..data', 'runtime.env'), at('runtime.env'));
      const { app, ask, said } = runSwitched(receiver, {
        env: {
          FORETRACE_RUNTIME_FILE: at('runtime.env'),
          OTEL_LOG_LEVEL: 'info',
          OTEL_TRACES_EXPORTER: 'none',
          FORETRACE_EXPORT_THREAD: 'off',
        },
      });
      expect(isOff(await ask())).toBe(false);
      symlinkSync('v2', at('..data_tmp'));
      renameSync(at('..data_tmp'), at('..data'));
      await said('FORETRACE_TRACING="off"');
      expect(isOff(await ask())).toBe(true);
      await app.stop();
    },
  );

  it('changes worker threads too', async () => {
    const path = join(folder, 'worker.env');
    const app = runApp({
      file: 'files/asks.cjs',
      args: ['threads'],
      receiver,
      env: { FORETRACE_RUNTIME_FILE: path },
    });
    await app.line(({ traceparent }) => /-0[13]$/.test(traceparent));
    writeFileSync(path, 'OTEL_TRACES_SAMPLER=always_off');
    await app.line(({ traceparent }) => /-0[02]$/.test(traceparent));
    writeFileSync(path, OFF);
    await app.line(({ traceparent }) => traceparent === undefined);
    expect((await app.stop('SIGKILL')).stderr).toBe('');
    receiver.clear();
  });

  it('says in one line each what is wrong, and what of it cannot change', async () => {
    const path = join(folder, 'wrong.env');
    const { app, ask, said } = runSwitched(receiver, {
      env: {
        FORETRACE_RUNTIME_FILE: path,
        OTEL_TRACES_SAMPLER: 'traceidratio',
        OTEL_TRACES_SAMPLER_ARG: '0',
      },
    });
    expect(flag(await ask())).toBe('00');
    writeFileSync(path, 'OTEL_TRACES_SAMPLER_ARG=half\nOTEL_SERVICE_NAME=other\nFOO=1\n');
    await said('ignored: FOO, OTEL_SERVICE_NAME\n');
    expect(flag(await ask())).toBe('00');
    writeFileSync(
      path,
      'OTEL_SERVICE_NAME=other\nFOO=1\nOTEL_TRACES_SAMPLER=always_on\nOTEL_TRACES_SAMPLER_ARG=0.5\n',
    );
    await said('it is ignored\n');
    expect(flag(await ask())).toBe('01');
    expect((await app.stop()).stderr.split('\n').filter(Boolean)).toEqual([
      `foretrace: ${path}: OTEL_TRACES_SAMPLER_ARG="half" is not a number from 0 to 1, what held at the start is used`,
      `foretrace: ${path}: cannot change while the app runs and ignored: FOO, OTEL_SERVICE_NAME`,
      `foretrace: ${path}: OTEL_TRACES_SAMPLER_ARG="0.5" says nothing to the sampler always_on, it is ignored`,
    ]);
    receiver.clear();
  });

  it('changes the level of the lines about the export, which another thread writes', async () => {
    const path = join(folder, 'level.env');
    const { app, ask, spansOf, said } = runSwitched(receiver, {
      env: { FORETRACE_RUNTIME_FILE: path, OTEL_LOG_LEVEL: 'none' },
    });
    await ask();
    await spansOf(3);
    writeFileSync(path, 'OTEL_LOG_LEVEL=info\n');
    await said('OTEL_LOG_LEVEL="info"\n');
    receiver.answerNext({ status: 400 });
    await ask();
    await said('the next line about this comes when it works');
    await app.stop();
    receiver.clear();
  });

  it('keeps no process alive, and costs no line while there is no such file', async () => {
    const { code, stderr } = await runApp({
      eval: '',
      env: { FORETRACE_RUNTIME_FILE: join(folder, 'none.env'), OTEL_TRACES_EXPORTER: 'none' },
    }).exited;
    expect([code, stderr]).toEqual([0, '']);
  });
});
