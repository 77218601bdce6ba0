/** Reads what Prometheus scrapes, strictly: an answer that it would refuse is an error here. */
import { vi } from 'vitest';

export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
  /** OpenMetrics alone. */
  exemplar?: { labels: Record<string, string>; value: number; seconds: number };
}

export interface ScrapedFamily {
  type: string;
  unit: string | undefined;
  help: string | undefined;
  samples: Sample[];
}

export interface Scrape {
  status: number;
  contentType: string | null;
  text: string;
  families: Map<string, ScrapedFamily>;
}

export const OPENMETRICS = 'application/openmetrics-text;version=1.0.0;q=0.8,text/plain;version=0.0.4;q=0.5';

/** Scrapes as soon as somebody listens, which is a second after the start of the app. */
export async function scrape(port: number, accept?: string): Promise<Scrape> {
  const url = `http://127.0.0.1:${port}/metrics`;
  const response = await vi.waitFor(() => fetch(url, { headers: accept === undefined ? {} : { accept } }), {
    timeout: 20_000,
    interval: 50,
  });
  const text = await response.text();
  const contentType = response.headers.get('content-type');
  return {
    status: response.status,
    contentType,
    text,
    families: parsed(text, contentType!.startsWith('application/openmetrics-text')),
  };
}

/** Scrapes until the predicate holds. */
export function scrapeUntil(port: number, wanted: (scrape: Scrape) => boolean): Promise<Scrape> {
  return vi.waitFor(
    async () => {
      const found = await scrape(port);
      if (!wanted(found)) throw new Error(`not there:\n${found.text}`);
      return found;
    },
    { timeout: 20_000, interval: 100 },
  );
}

const SUFFIXES: Record<string, string[]> = {
  counter: ['_total'],
  histogram: ['_bucket', '_sum', '_count'],
  gauge: [''],
  info: ['_info'],
};

export function parsed(text: string, open: boolean): Map<string, ScrapedFamily> {
  const families = new Map<string, ScrapedFamily>();
  const lines = text.split('\n');
  if (lines.pop() !== '') throw new Error('the last line does not end');
  if (open && lines.pop() !== '# EOF') throw new Error('# EOF is not the end');
  let name = '';
  const seen = new Set<string>();
  for (const line of lines) {
    const meta = /^# (TYPE|UNIT|HELP) ([a-zA-Z_:][\w:]*) (.*)$/.exec(line);
    if (meta !== null) {
      if (meta[1] === 'TYPE') {
        name = meta[2];
        if (families.has(name)) throw new Error(`two families ${name}`);
        if (!(meta[3] in SUFFIXES)) throw new Error(line);
        families.set(name, { type: meta[3], unit: undefined, help: undefined, samples: [] });
      } else if (meta[2] !== name) throw new Error(`out of its family: ${line}`);
      else families.get(name)![meta[1] === 'UNIT' ? 'unit' : 'help'] = meta[3];
      continue;
    }
    const sample = sampleOf(line, open);
    const family = families.get(name);
    if (family === undefined) throw new Error(`no type: ${line}`);
    // The older format calls a counter by its sample.
    const suffixes = family.type === 'counter' && !open ? [''] : SUFFIXES[family.type];
    if (!suffixes.some((suffix) => sample.name === name + suffix)) throw new Error(`not of ${name}: ${line}`);
    const key = JSON.stringify([sample.name, Object.entries(sample.labels).toSorted()]);
    if (seen.has(key)) throw new Error(`twice: ${line}`);
    seen.add(key);
    family.samples.push(sample);
  }
  return families;
}

const LABELS = String.raw`\{((?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*",?)*)\}`;
const NUMBER = String.raw`([+-]?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|Inf)|NaN)`;
const SAMPLE = new RegExp(
  `^([a-zA-Z_:][\\w:]*)(?:${LABELS})? ${NUMBER}(?: # ${LABELS} ${NUMBER} (\\d+\\.\\d+))?$`,
);

function sampleOf(line: string, open: boolean): Sample {
  const match = SAMPLE.exec(line);
  if (match === null) throw new Error(`no sample: ${line}`);
  const [, name, labels = '', value, marks, marked, seconds] = match;
  const sample: Sample = { name, labels: labelsOf(labels), value: numberOf(value) };
  if (marks === undefined) return sample;
  if (!open) throw new Error(`an exemplar in the format that has none: ${line}`);
  sample.exemplar = { labels: labelsOf(marks), value: numberOf(marked), seconds: Number(seconds) };
  return sample;
}

function labelsOf(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const [, name, value] of text.matchAll(/([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)",?/g)) {
    if (name in labels) throw new Error(`the label ${name} twice: ${text}`);
    labels[name] = value.replaceAll(/\\(.)/g, (_, one) => (one === 'n' ? '\n' : one));
  }
  return labels;
}

function numberOf(text: string): number {
  return Number(text.replace('Inf', 'Infinity'));
}
