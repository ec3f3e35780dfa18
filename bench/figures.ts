/** The middle of the values that there are, or the mean of the two in the middle. */
export function median(values: readonly (number | undefined)[]): number | undefined {
  const sorted = values.filter((value) => value !== undefined).toSorted((a, b) => a - b);
  const [lower, upper] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]];
  return lower === undefined || upper === undefined ? undefined : (lower + upper) / 2;
}

/** The value that a share `of` (0 to 1) of the others is below. */
export function quantile(values: readonly number[], of: number): number | undefined {
  return values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * of))];
}

/** A figure of several runs: its median, and the lowest and the highest of them. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

export function spread(values: readonly number[]): Spread {
  return { median: median(values) ?? NaN, low: Math.min(...values), high: Math.max(...values) };
}

/** `1,234.5`, or `-` where there is no figure. */
export const format = (value: number | undefined, digits = 0): string =>
  value === undefined || Number.isNaN(value)
    ? '-'
    : value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });

/** `0.98`, and of what is next to nothing `0.004`. */
export const formatRatio = (ratio: number): string => format(ratio, ratio < 0.02 ? 3 : 2);

/** `0.98 (0.95–1.02)`. */
export const formatSpread = ({ median, low, high }: Spread): string =>
  low === high ? formatRatio(median) : `${formatRatio(median)} (${formatRatio(low)}–${formatRatio(high)})`;

/** A table as Markdown that is aligned for a terminal too: the first column to the left, figures to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join(' | ')} |`;
  const rule = widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [head, rule, ...rows].map(line).join('\n');
}

export const print = (text: string): void => void process.stdout.write(`${text}\n`);

/** Says on stderr how far a bench is, so that stdout is the result alone. */
export const progress = (text: string): void => void process.stderr.write(process.stderr.isTTY ? `\r\u001B[K${text}` : `${text}\n`);

/** The progress is over: the line is free again. */
export const progressEnded = (): void => void (process.stderr.isTTY && process.stderr.write('\r\u001B[K'));
