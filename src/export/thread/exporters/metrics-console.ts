import type { DecodedValue } from '../../../encode/read.ts';
import {
  countOf,
  type HistogramPoint,
  isHistogram,
  type Point,
  type ScopedMetric,
} from '../../../metrics/data.ts';
import { readAttributes, readMetrics } from '../../../metrics/read.ts';
import { printable } from '../../../printable.ts';
import type { Exporter } from '../exporter.ts';
import { createHealth } from '../health.ts';
import { writeAll } from './file.ts';

const STDERR = 2;
const BLOCKED_MS = 1000;
const MAX_NAME = 44;
const MAX_ATTRIBUTES = 80;

/** Prints a line for each point to stderr: its name, attributes and numbers. */
export function metricsConsoleExporter(): Exporter {
  const health = createHealth('print to stderr', 'metrics');
  let blockedMs = BLOCKED_MS;
  return {
    async export(batch) {
      try {
        writeAll(STDERR, Buffer.from(renderMetrics(readMetrics(batch.request), new Date())), blockedMs);
        return 0;
      } catch (error) {
        health.failed((error as NodeJS.ErrnoException).code ?? (error as Error).message, batch.records);
        return batch.records;
      }
    },
    hurry(timeoutMs) {
      blockedMs = Math.min(BLOCKED_MS, timeoutMs / 2);
    },
  };
}

/** A table of three columns below the time. */
export function renderMetrics(metrics: readonly ScopedMetric[], time: Date): string {
  const rows = metrics.flatMap((metric) =>
    metric.points.map((point) => [
      printable(metric.name),
      printable(
        readAttributes(point.attributes)
          .map(({ key, value }) => `${key}=${textOf(value)}`)
          .join(' '),
      ),
      numbersOf(point, metric.unit),
    ]),
  );
  const width = (column: number, most: number): number =>
    Math.min(Math.max(0, ...rows.map((row) => row[column].length)), most);
  const widths = [width(0, MAX_NAME), width(1, MAX_ATTRIBUTES)];
  const lines = rows.map(
    ([name, attributes, numbers]) => `${name.padEnd(widths[0])}  ${attributes.padEnd(widths[1])}  ${numbers}`,
  );
  return `metrics at ${time.toISOString().slice(11, 19)} UTC\n${lines.join('\n')}\n`;
}

function numbersOf(point: Point, unit: string): string {
  const shownUnit = /^\{|^1?$/.test(unit) ? '' : ` ${printable(unit)}`;
  if (!isHistogram(point)) return `${rounded(point.value)}${shownUnit}`;
  return histogramOf(point, shownUnit);
}

function histogramOf(point: HistogramPoint, unit: string): string {
  const count = countOf(point);
  const { sum, max } = point;
  const avg = count === 0 ? '' : `  avg ${rounded(sum / count)}${unit}`;
  return `count ${count}${avg}${max === undefined ? '' : `  max ${rounded(max)}${unit}`}`;
}

/** Three digits are enough to look at. */
function rounded(value: number): string {
  if (Number.isInteger(value) || !Number.isFinite(value)) return String(value);
  return Math.abs(value) >= 1000 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}

function textOf(value: DecodedValue): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return `[${value.map(textOf).join(',')}]`;
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (typeof value === 'object')
    return `{${value.entries.map(({ key, value: inner }) => `${key}=${textOf(inner)}`).join(',')}}`;
  return String(value);
}
