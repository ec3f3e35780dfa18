import { attributeNumber } from './attribute.ts';
import { criticalPath } from './critical-path.ts';
import { formatDuration } from './format-duration.ts';
import { inServiceColor } from './service-color.ts';
import { columns, counted, fit, printable } from './text.ts';
import { duration, services } from './trace.ts';
import type { Span, Trace } from './trace.ts';
import { tree, walk } from './tree.ts';
import type { SpanNode } from './tree.ts';
import { bar, extent } from './waterfall-bar.ts';
import type { Extent } from './waterfall-bar.ts';

/** How to draw a waterfall. */
export interface WaterfallOptions {
  /** In so many columns: 60 to 200; others are brought within. */
  readonly width: number;
  /** With ANSI colours. */
  readonly colour?: boolean;
  /** At most so many spans; a last line says how many more there are. */
  readonly spans?: number;
}

const DURATION_COLUMNS = 9;

/**
 * A trace as text: a line for the whole, then one for each span with its service, its name below its parent's, its time as a bar (solid
 * where the whole waited for it: the critical path) and its duration. What is wrong with a span is said in words, so that it is seen
 * without colour: ERROR, ORPHAN, DUPLICATE, CYCLE. No line is wider than `width`.
 */
export function waterfall(trace: Trace, { width, colour = false, spans = Infinity }: WaterfallOptions): string {
  const room = layout(trace, Math.min(200, Math.max(60, Math.trunc(width) || 60)));
  const whole = extent(trace);
  const path = Map.groupBy(criticalPath(trace), (section) => section.span);
  const nodes = walk(tree(trace));
  const rows = nodes.slice(0, spans).map((node) => row(node, room, bar(node.span, path.get(node.span) ?? [], whole, room.bar), colour));
  const more = nodes.length - rows.length;
  const rest = more > 0 ? [`… and ${more.toLocaleString('en')} more span${more === 1 ? '' : 's'}`] : [];
  return [...headlines(trace, whole).map((line) => fit(line, room.all).trimEnd()), ...rows, ...rest].join('\n');
}

interface Layout {
  readonly all: number;
  readonly service: number;
  readonly name: number;
  readonly bar: number;
}

/** The service column takes what it needs up to a sixth; of what is left the names get somewhat more than half. */
function layout(trace: Trace, all: number): Layout {
  const longest = services(trace).reduce((most, name) => Math.max(most, columns(printable(name))), 0);
  const service = Math.min(longest, Math.floor(all / 6));
  const rest = all - service - DURATION_COLUMNS - 3;
  const name = Math.min(60, Math.floor(rest * 0.55));
  return { all, service, name, bar: rest - name };
}

function headlines(trace: Trace, { start, end }: Extent): readonly string[] {
  const errors = trace.spans.filter((span) => span.status.code === 'ERROR').length;
  const parts = [formatDuration(end - start), counted(trace.spans.length, 'span'), counted(services(trace).length, 'service')];
  if (errors > 0) parts.push(counted(errors, 'error'));
  return [`trace ${printable(trace.traceId)}`, parts.join(' · ')];
}

function row(node: SpanNode, layout: Layout, drawn: string, colour: boolean): string {
  const { span } = node;
  const marks = markers(node);
  const ending = marks && fit(` ${marks}`, Math.min(layout.name, columns(marks) + 1));
  const name = fit(`${indent(node.depth, layout.name)}${title(span)}`, layout.name - columns(ending)) + ending;
  const time = formatDuration(duration(span)).padStart(DURATION_COLUMNS);
  const cells = [fit(printable(span.service), layout.service), name, drawn, time];
  if (!colour) return cells.join(' ');
  const [service = '', ...rest] = cells;
  const [named = '', barred = '', timed = ''] = rest;
  const tinted = (text: string): string => inServiceColor(span.service, text);
  return [tinted(service), marks ? inRed(named) : named, marks ? inRed(barred) : tinted(barred), timed].join(' ');
}

/** What is wrong with the span, in words. */
function markers({ span, place, duplicate }: SpanNode): string {
  const marks = [
    span.status.code === 'ERROR' && 'ERROR',
    place === 'orphan' && 'ORPHAN',
    place === 'cycle' && 'CYCLE',
    duplicate && 'DUPLICATE',
  ];
  return marks.filter(Boolean).join(' ');
}

function title(span: Span): string {
  const status = attributeNumber(span.attributes['http.response.status_code']);
  return printable(span.name || '(no name)') + (status === undefined ? '' : ` ${status}`);
}

/** Two columns a level, up to a third of the room; deeper levels say their depth instead. */
function indent(depth: number, room: number): string {
  if (depth === 0) return '';
  return depth * 2 <= room / 3 ? `${'  '.repeat(depth - 1)}└ ` : `${' '.repeat(Math.floor(room / 3) - 2)}${depth}└ `;
}

const inRed = (text: string): string => `\u001b[31m${text}\u001b[39m`;
