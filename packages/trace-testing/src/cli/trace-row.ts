import { formatDuration } from '@waymark/trace-model';
import { spanLine } from '../tree/span-line.ts';
import { colouredVerdict } from './colour.ts';
import type { Io } from './io.ts';
import type { Judged } from './judged.ts';

/** A trace as a line: start, id, duration, first span, verdict. */
export function traceRow(judged: Judged, io: Io): string {
  const { trace } = judged;
  const [first] = trace.spans;
  if (!first) return `${trace.traceId}  ${judged.verdict}`;
  const end = trace.spans.reduce((latest, { end }) => (end > latest ? end : latest), first.end);
  const took = formatDuration(end - first.start).padStart(9);
  return [startTime(first.start), trace.traceId, took, spanLine(first), colouredVerdict(judged, io)].join('  ');
}

/** Local time, with milliseconds. */
function startTime(nanoseconds: bigint): string {
  const date = new Date(Number(nanoseconds / 1_000_000n));
  return Number.isNaN(date.getTime())
    ? 'no time'.padEnd(12)
    : `${date.toTimeString().slice(0, 8)}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}
