// Writes the figures for a person.

import type { Comparison, Figures } from './runner.ts';
import { median } from './statistics.ts';

const HEAD = ['case', 'per second', 'baseline', 'per second', 'ratio', 'min-max', 'per CPU', 'aim', ''];

/** The table of ratios, then what was measured and what it cost each process. */
export function describe(comparisons: readonly Comparison[]): string {
  const lines = comparisons.map(
    ({ case: { name, baseline, aim }, figures, baseline: base, ratio, min, max }) => [
      name,
      whole(median(figures.rates)),
      baseline.name,
      whole(median(base.rates)),
      ratio.toFixed(2),
      `${min.toFixed(2)}-${max.toFixed(2)}`,
      perCpu(figures, base),
      String(aim),
      verdict(ratio, aim),
    ],
  );
  return [align([HEAD, ...lines]), '', ...measuredIn(comparisons).map(explain)].join('\n');
}

/**
 * How many times the baseline's operations the same CPU makes, in all processes together: what is left of the ratio where the
 * processors are all in use, be it by others.
 */
function perCpu(figures: Figures, base: Figures): string {
  const sum = ({ cpuMicros }: Figures): number => Object.values(cpuMicros).reduce((a, b) => a + b, 0);
  const ratio = sum(base) / sum(figures);
  return Number.isFinite(ratio) ? ratio.toFixed(2) : '';
}

function verdict(ratio: number, aim: number): string {
  if (ratio >= aim) return 'held';
  return ratio >= aim / 2 ? 'between half and the whole' : 'under half';
}

function measuredIn(comparisons: readonly Comparison[]): Figures[] {
  const all = comparisons.flatMap(({ figures, baseline }) => [baseline, figures]);
  return [...new Map(all.map((figures) => [figures.measured.name, figures])).values()];
}

function explain({ measured, cpuMicros }: Figures): string {
  const parts = Object.entries(cpuMicros).map(([name, micros]) => `${name} ${micros.toFixed(0)}`);
  const cpu = parts.length > 0 ? `\n    CPU an operation, µs: ${parts.join(', ')}` : '';
  return `${measured.name}: ${measured.what}${cpu}`;
}

function whole(value: number): string {
  return String(Math.round(value));
}

/** Columns as wide as their widest cell: text to the left, numbers to the right. */
function align(rows: readonly string[][]): string {
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          /^[\d.-]+$/.test(cell) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
