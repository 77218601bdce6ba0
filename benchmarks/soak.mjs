// An hour of everything that goes wrong: does the agent leak, and does it lose spans that it doesn't count? The shop with a worker
// thread, without and with the agent side by side under the same requests, while the collector comes and goes, requests are
// aborted, connections are lost and the worker is reloaded.
import { setTimeout as sleep } from 'node:timers/promises';
import { startHavoc } from './lib/soak-havoc.mjs';
import { startLoad } from './lib/soak-load.mjs';
import { cpuMicroseconds, startApp, startServer } from './lib/processes.mjs';
import { caption, environment, main, save } from './lib/report.mjs';
import { prepareShop } from './lib/services.mjs';
import { trend } from './lib/stats.mjs';
import { lines } from './lib/svg.mjs';
import { number, signed, table } from './lib/table.mjs';
import { available } from './lib/variants.mjs';

export const defaults = { seconds: 3600, warmup: 0, rounds: 1, quick: { seconds: 20 } };

/** Requests per second, for each app: about a quarter of one core for everything, so that a soak can run beside other work. */
const RATE = 100;
const ABORT_EVERY = 40;
/** Shorter runs say nothing about slopes. */
const JUDGED_SECONDS = 1800;
const MAX_SLOPE = 1;
const MB = 1024 * 1024;

const within = (least, value, most) => Math.min(most, Math.max(least, value));

/** How often things happen, in seconds. */
function beats(seconds) {
  return {
    collector: within(2, seconds / 16, 30),
    sample: within(2, seconds / 30, 60),
    reload: within(1.5, seconds / 60, 10),
    lose: within(3, seconds / 40, 20),
    warmup: Math.min(600, seconds / 6),
  };
}

/** What the lines of the agent say about spans that it gave up, and what else it says. */
function listen() {
  const said = { dropped: 0, givenUp: 0, lostAtEnd: 0, others: {} };
  const all = [];
  let dropping = 0;
  let failing = false;
  const rules = [
    [/is full, (\d+) spans? dropped so far/, (spans) => (dropping = spans)],
    [/has room again, (\d+) spans? dropped/, (spans) => ((said.dropped += spans), (dropping = 0))],
    [/^foretrace: cannot export/, () => (failing = true)],
    [/ again, (\d+) spans? given up/, (spans) => ((said.givenUp += spans), (failing = false))],
    [/rejected (\d+) spans?/, (spans) => (said.givenUp += spans)],
    [/(\d+) spans? lost at the end/, (spans) => (said.lostAtEnd += spans)],
  ];
  return {
    said,
    /** What it said, with the time. */
    lines: all,
    /** Between two lines that belong together, the second of which has the count. */
    isOpen: () => dropping > 0 || failing,
    hear(line) {
      if (!line.startsWith('foretrace: ')) return;
      all.push(`${new Date().toISOString()} ${line}`);
      for (const [pattern, note] of rules) {
        const match = pattern.exec(line);
        if (match !== null) return void note(Number(match[1]));
      }
      said.others[line] = (said.others[line] ?? 0) + 1;
    },
  };
}

async function begin(variant, collector, options, env) {
  const agent = listen();
  const running = await startApp(options.node, variant, {
    env,
    flags: ['--expose-gc'],
    onError: agent.hear,
  });
  return { variant, running, agent, samples: [] };
}

/** Between requests, so that the number of connections in use is no part of what is compared. */
async function sample(sides, load, startedAt) {
  await load.pause();
  const at = (performance.now() - startedAt) / 1000;
  await Promise.all(
    sides.map(async ({ running, samples }) => {
      const line = await running.ask('SIGUSR2', 'held ');
      samples.push({ at, ...JSON.parse(line.slice(5)), cpu: cpuMicroseconds(running.pid) / 1e6 });
    }),
  );
}

/** The agent's last words about what it drops and gives up come when all is well again. */
async function settled({ agent }) {
  for (const limit = performance.now() + 90_000; agent.isOpen() && performance.now() < limit;)
    await sleep(100);
}

/** Everything that was made is delivered, or was said to be given up. */
function balance({ agent: { said, lines }, samples }, accepted, shop) {
  const { counts } = samples.at(-1);
  const kinds = [
    ['server', 'GET /products/:id', counts.requests],
    ['PostgreSQL', `SELECT ${shop}_products`, counts.queries],
    ['Redis', 'GET', counts.commands],
    ['Redis, in workers', 'STRLEN', counts.workerCommands],
  ];
  const rows = kinds.map(([kind, name, made]) => ({ kind, made, accepted: accepted[name] ?? 0 }));
  const others = { ...accepted };
  for (const [, name] of kinds) delete others[name];
  const sum = (key) => rows.reduce((total, row) => total + row[key], 0);
  const [made, delivered] = [sum('made'), sum('accepted')];
  const missing = made - delivered - said.dropped - said.givenUp - said.lostAtEnd;
  // A worker that is terminated between a command's answer and its counting has a span more.
  return { rows, others, made, accepted: delivered, ...said, missing, uncertain: counts.cutOff, lines };
}

/** Slopes per hour after the warm-up, and what only ever grew. */
function growth(samples, warmup) {
  const late = samples.filter(({ at }) => at >= warmup);
  const slopeOf = (pick) => trend(late.map((one) => [one.at / 3600, pick(one)]));
  const quarter = Math.max(1, late.length >> 2);
  const kinds = new Set(late.flatMap(({ resources }) => Object.keys(resources)));
  const counted = {
    handles: (one) => one.handles,
    'listeners of process': (one) => one.processListeners,
    'listeners of a handle': (one) => one.handleListeners,
    ...Object.fromEntries([...kinds].map((kind) => [kind, ({ resources }) => resources[kind] ?? 0])),
  };
  const grown = Object.entries(counted).flatMap(([what, pick]) => {
    const before = Math.max(...late.slice(0, quarter).map(pick));
    const after = Math.min(...late.slice(-quarter).map(pick));
    return after > before ? [{ what, before, after }] : [];
  });
  return {
    heap: slopeOf(({ heapUsed }) => heapUsed / MB),
    external: slopeOf(({ external }) => external / MB),
    rss: slopeOf(({ rss }) => rss / MB),
    grown,
  };
}

function report(result) {
  const { sides, spans, seconds, beat } = result;
  const ends = [];
  const step = Math.min(300, seconds / 6);
  for (let end = step; end <= seconds + 1; end += step) ends.push(end);
  const rows = ends.flatMap((end) =>
    sides.map(({ label, samples }) => {
      const part = samples.filter(({ at }) => at > end - step && at <= end);
      const last = part.at(-1);
      if (last === undefined) return [label];
      const mean = (pick) => part.reduce((sum, one) => sum + pick(one), 0) / part.length;
      return [
        `${label}, to ${number(end / 60)} min`,
        number(mean((one) => one.heapUsed / MB)),
        number(mean((one) => one.rss / MB)),
        last.handles,
        last.processListeners,
        last.handleListeners,
        last.counts.requests,
        last.counts.reloads,
        number(last.cpu),
      ];
    }),
  );
  const slope = ({ slope, error }) => `${signed(slope)} ± ${number(error)}`;
  return [
    `\n## ${result.title}\n\n${caption(result)}\n`,
    table(
      [
        '',
        'heap MB',
        'RSS MB',
        'handles',
        'listeners of process',
        'most of a handle',
        'requests',
        'reloads',
        'CPU s',
      ],
      rows,
    ),
    `\nGrowth in MB per hour after the first ${number(beat.warmup / 60)} minutes, with its standard error:\n`,
    table(
      ['', 'heap', 'external', 'RSS', 'handles or listeners'],
      sides.map(({ label, growth }) => [
        label,
        slope(growth.heap),
        slope(growth.external),
        slope(growth.rss),
        growth.grown.map(({ what, before, after }) => `${what} ${before} → ${after}`).join(', ') || 'none',
      ]),
    ),
    `\n${result.verdict}\n`,
    table(
      ['', 'requests', 'errors', 'aborted', 'failed'],
      sides.map(({ label, outcomes: { answered, errors, aborted, failed } }) => [
        label,
        answered,
        errors,
        aborted,
        failed,
      ]),
    ),
    '\nSpans of foretrace:\n',
    table(
      ['', 'made', 'accepted by the collector'],
      [...spans.rows.map((row) => [row.kind, row.made, row.accepted]), ['all', spans.made, spans.accepted]],
    ),
    `\n${spans.dropped} counted as dropped, ${spans.givenUp} as given up, ${spans.lostAtEnd} as lost at the end: ` +
      `${spans.missing} unaccounted for (${spans.uncertain} were under way in a worker when it was terminated). ` +
      `${result.lost.postgresql} connections of PostgreSQL and ${result.lost.redis} of Redis were cut.\n`,
  ].join('\n');
}

/** One line about memory, and what fails the run. */
function judge({ sides, spans, seconds }, failures) {
  const [without, withAgent] = sides.map(({ growth }) => growth);
  const beside = ['heap', 'rss'].map((what) => withAgent[what].slope - without[what].slope);
  const text = `Beside no agent: heap ${signed(beside[0])} MB/h, RSS ${signed(beside[1])} MB/h`;
  const grown = withAgent.grown.filter(({ what }) => !without.grown.some((one) => one.what === what));
  if (-spans.missing > spans.uncertain || spans.missing > 0)
    failures.push(`soak: ${spans.missing} spans unaccounted for`);
  const { failed } = sides[1].outcomes;
  if (failed > sides[0].outcomes.failed) failures.push(`soak: ${failed} requests failed under the agent`);
  if (seconds < JUDGED_SECONDS) return `${text} (too short to judge).`;
  for (const { what, before, after } of grown) failures.push(`soak: ${what} grew from ${before} to ${after}`);
  const holds = beside.every((slope) => slope <= MAX_SLOPE);
  if (!holds) failures.push(`soak: memory grows by more than ${MAX_SLOPE} MB/h`);
  return `${text}: ${holds ? 'within' : 'beyond'} ${MAX_SLOPE} MB/h.`;
}

export async function run(options) {
  const { seconds, requestRate: rate = RATE, connections } = options;
  const beat = beats(seconds);
  const failures = [];
  const result = {
    name: 'soak',
    title: `Soak: Express 5 + pg + ioredis, ${number(seconds / 60)} minutes, collector, connections and workers coming and going`,
    how: `${rate} requests/s for each app, 1 in ${ABORT_EVERY} aborted, a worker reloaded every ${number(beat.reload)} s.`,
    environment: environment(options),
    seconds,
    rate,
    beat,
    sides: [],
    failures,
    text: '',
  };
  const shop = `foretrace_soak_${process.pid}`;
  const ends = [];
  try {
    ends.push(await prepareShop(shop));
    const collector = await startServer('./soak-collector.mjs', [String(Math.ceil(beat.collector))]);
    ends.push(collector.stop);
    const settings = { app: 'soak', node: options.node, sinkUrl: collector.url };
    const variants = ['none', 'foretrace'].map((name) => available(name, settings, failures));
    if (variants.includes(undefined)) return result;
    const env = {
      SOAK_NAME: shop,
      SOAK_RELOAD_MS: String(beat.reload * 1000),
      // A queue that some of the outages overflow, also short ones.
      OTEL_BSP_MAX_QUEUE_SIZE: String(Math.round(within(512, beat.collector * rate * 3 * 0.9, 8192))),
    };
    const sides = [];
    for (const variant of variants) {
      const side = await begin(variant, collector, options, env);
      ends.push(side.running.stop);
      sides.push(side);
    }
    const urls = sides.map(({ running }) => `${running.url}/products/42`);
    const load = startLoad(urls, rate, connections, ABORT_EVERY);
    ends.push(load.close);
    const havoc = await startHavoc(collector, shop, beat);
    ends.push(havoc.stop);

    const startedAt = performance.now();
    const note = () => {
      result.sides = sides.map(({ variant: { name, label, version }, samples }, i) => ({
        name,
        label,
        version,
        samples,
        outcomes: load.outcomes[i],
        growth: growth(samples, beat.warmup),
      }));
    };
    for (;;) {
      const elapsed = (performance.now() - startedAt) / 1000;
      await sleep(Math.min(beat.sample, Math.max(0, seconds - elapsed)) * 1000);
      if (sides.some(({ running }) => !running.alive())) throw new Error('an app ended');
      if (elapsed + beat.sample >= seconds) break;
      await sample(sides, load, startedAt);
      note();
      const { at, heapUsed, rss } = sides[1].samples.at(-1);
      console.error(
        `soak ${number(at / 60)} min: RSS ${number(rss / MB)} MB, heap ${number(heapUsed / MB)} MB beside ` +
          `${number(sides[0].samples.at(-1).rss / MB)} and ${number(sides[0].samples.at(-1).heapUsed / MB)}`,
      );
      // What there is, should the run be cut off.
      save({ ...result, unfinished: true }, options);
      load.resume();
    }
    await load.pause();
    result.lost = await havoc.stop();
    await settled(sides[1]);
    // What aborted requests have started.
    await sleep(500);
    await sample(sides, load, startedAt);
    for (const { running } of sides) await running.stop(5000);
    note();
    result.spans = balance(sides[1], await collector.request('accepted'), shop);
    result.verdict = judge(result, failures);
    result.text = report(result);
    result.pictures = { soak: picture(result) };
  } catch (error) {
    failures.push(`soak: ${error.message}`);
  } finally {
    for (const end of ends.toReversed()) await end();
  }
  return result;
}

function picture(result) {
  return lines({
    title: 'Soak: resident memory',
    note: caption(result),
    xUnit: 'over seconds',
    yUnit: 'RSS in MB',
    series: result.sides.map(({ label, name, samples }) => ({
      label,
      kind: name,
      points: samples.map(({ at, rss }) => [at, rss / MB]),
    })),
  });
}

await main(import.meta, { run, defaults });
