import { attributeText } from '@waymark/trace-model';
import type { Attributes, Span } from '@waymark/trace-model';
import type { Row } from './rows.ts';

const texts = new WeakMap<Span, string>();

/** The rows that contain all the words in their name, service, ids, attributes, events, links or status. Case does not matter. */
export function matches(rows: readonly Row[], words: string): ReadonlySet<Row> {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  if (wanted.length === 0) return new Set();
  return new Set(
    rows.filter(({ span, findings }) =>
      wanted.every((word) => textOf(span).includes(word) || findings.some(({ code }) => code.includes(word))),
    ),
  );
}

/** The text of a span in lower case, made when it is first needed. */
function textOf(span: Span): string {
  let text = texts.get(span);
  if (text === undefined) texts.set(span, (text = write(span).toLowerCase()));
  return text;
}

function write(span: Span): string {
  const events = span.events.flatMap(({ name, attributes }) => [name, ...pairs(attributes)]);
  const links = span.links.flatMap(({ traceId, spanId, attributes }) => [traceId, spanId, ...pairs(attributes)]);
  const status = span.status.code === 'ERROR' ? ['error', span.status.message] : [];
  return [span.name, span.service, span.spanId, span.kind, ...status, ...pairs(span.attributes), ...events, ...links].join('\n');
}

const pairs = (attributes: Attributes): string[] => Object.entries(attributes).map(([name, value]) => `${name}=${attributeText(value)}`);
