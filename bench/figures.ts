/** The median of the defined values. */
export function median(values: readonly (number | undefined)[]): number | undefined {
  const sorted = values.filter((value) => value !== undefined).toSorted((a, b) => a - b);
  const [lower, upper] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]];
  return lower === undefined || upper === undefined ? undefined : (lower + upper) / 2;
}

/** The value at the quantile `of` (0 to 1). */
export function quantile(values: readonly number[], of: number): number | undefined {
  return values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * of))];
}

/** A figure of several runs: its median, its lowest and its highest value. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

export function spread(values: readonly number[]): Spread {
  return { median: median(values) ?? NaN, low: Math.min(...values), high: Math.max(...values) };
}

/** Formats a number as `1,234.5`, or as `-` if it is undefined. */
export const format = (value: number | undefined, digits = 0): string =>
  value === undefined || Number.isNaN(value)
    ? '-'
    : value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });

/** Formats a ratio as `0.98`, and very small ones as `0.004`. */
export const formatRatio = (ratio: number): string => format(ratio, ratio < 0.02 ? 3 : 2);

/** Formats a spread as `0.98 (0.95–1.02)`. */
export const formatSpread = ({ median, low, high }: Spread): string =>
  low === high ? formatRatio(median) : `${formatRatio(median)} (${formatRatio(low)}–${formatRatio(high)})`;

/** Formats a Markdown table that is also aligned in a terminal: the first column to the left, figures to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join(' | ')} |`;
  const rule = widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [head, rule, ...rows].map(line).join('\n');
}

export const print = (text: string): void => void process.stdout.write(`${text}\n`);

/** Shows the progress on stderr, so that stdout has only the result. */
export const progress = (text: string): void => void process.stderr.write(process.stderr.isTTY ? `\r\u001B[K${text}` : `${text}\n`);

/** Clears the progress line. */
export const progressEnded = (): void => void (process.stderr.isTTY && process.stderr.write('\r\u001B[K'));
