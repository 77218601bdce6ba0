// One implementation in a process of its own: node run.mjs <module> <implementation> <lifecycle|encode> <seconds>. Prints
// JSON: nanoseconds per span, or, with a new space too large for a collection to start, bytes allocated per span.
const [module, name, question, secondsText] = process.argv.slice(2);
const seconds = Number(secondsText);
const { implement } = await import(module);
const { lifecycle, prepareEncode } = implement(name);

let step = lifecycle;
let spansPerCall = 1;
let encodedBytes;
if (question === 'encode') {
  const prepared = prepareEncode();
  encodedBytes = prepared.encode(0);
  step = prepared.encode;
  ({ spansPerCall } = prepared);
}

const SPANS = 2048;
let count = 0;
function batch() {
  for (let i = 0; i < SPANS; i += spansPerCall) step(count++);
}

function until(deadline, visit) {
  while (performance.now() < deadline) visit();
}

until(performance.now() + 700, batch);
if (globalThis.gc === undefined) {
  const times = [];
  until(performance.now() + seconds * 1000, () => {
    const started = performance.now();
    batch();
    times.push(((performance.now() - started) * 1e6) / SPANS);
  });
  times.sort((a, b) => a - b);
  const mean = times.reduce((sum, time) => sum + time, 0) / times.length;
  // The mean carries the garbage collections that the allocations cause; the median mostly does not.
  console.log(JSON.stringify({ ns: mean, medianNs: times[times.length >> 1], encodedBytes }));
} else {
  const sizes = [];
  for (let i = 0; i < 5; i++) {
    globalThis.gc();
    const before = process.memoryUsage();
    batch();
    const after = process.memoryUsage();
    sizes.push((after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers) / SPANS);
  }
  sizes.sort((a, b) => a - b);
  console.log(JSON.stringify({ bytes: sizes[2] }));
}
