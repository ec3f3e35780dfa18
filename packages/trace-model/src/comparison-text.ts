import type { Comparison, ComparedSpan } from './compare.ts';
import { formatDuration } from './format-duration.ts';
import { printable } from './text.ts';
import { duration } from './trace.ts';

/** Formats a comparison, one line per span: `-` only in the first trace, `+` only in the second, `!` if the status differs. Shows both durations. */
export function comparisonText({ spans }: Comparison): string {
  return spans.map(line).join('\n');
}

function line({ depth, a, b, statusChanged }: ComparedSpan): string {
  const span = a ?? b;
  if (!span) return '';
  const sign = !b ? '-' : !a ? '+' : statusChanged ? '!' : ' ';
  const times = [a, b].filter((one) => one !== undefined).map((one) => formatDuration(duration(one)));
  const status = statusChanged ? `  ${a?.status.code} → ${b?.status.code}` : '';
  return `${sign} ${'  '.repeat(Math.min(depth, 40))}${printable(`${span.service}  ${span.name}`)}${status}  ${times.join(' → ')}`;
}
