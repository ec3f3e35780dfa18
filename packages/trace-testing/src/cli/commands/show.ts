import { waterfall, type IncomingLink, type Trace } from '@waymark/trace-model';
import { traceBackend } from '../../traces/trace-backend.ts';
import { colouredVerdict } from '../colour.ts';
import type { Command, Given } from '../command.ts';
import { json } from '../json.ts';
import { judged, report } from '../judged.ts';
import { readOperands } from '../read-operand.ts';

export const show: Command = {
  name: 'show',
  operands: '<trace>…',
  summary: 'Draws traces as waterfalls',
  details:
    'Solid bars are the critical path: the time that the request waited for. Below are the spans of other traces that link to this one, and the verdict.',
  options: {},
  async run(given, io) {
    const traces = (await readOperands(given, io)).map(judged);
    const links = await Promise.all(traces.map(({ trace }) => linksTo(trace, given)));
    if (given.json) {
      const all = traces.map((one, at) => ({ ...report(one), linkedFrom: links[at], spans: one.trace.spans }));
      io.print(json(all).split('\n'));
      return 0;
    }
    for (const [at, one] of traces.entries()) {
      if (one.explanation) io.print(one.explanation);
      io.print(waterfall(one.trace, { width: io.columns, colour: io.colour }).split('\n'));
      io.print(linkLines(one.trace, links[at] ?? []));
      io.print(colouredVerdict(one, io));
    }
    return 0;
  },
};

/** The links from other traces. A file has none. */
async function linksTo({ traceId }: Trace, { operands, url }: Given): Promise<readonly IncomingLink[]> {
  const isFromBackend = operands.some((operand) => operand.toLowerCase() === traceId);
  return isFromBackend ? traceBackend(url).linksTo(traceId) : [];
}

const MOST_LINKS = 20;

function linkLines({ spans }: Trace, links: readonly IncomingLink[]): readonly string[] {
  const names = new Map(spans.map(({ spanId, service, name }) => [spanId, `${service} ${name}`]));
  const lines = links.slice(0, MOST_LINKS).map(({ traceId, service, name, linkedSpanId }) => {
    const target = names.get(linkedSpanId) ?? `span ${linkedSpanId}`;
    return `${target} ← ${service} ${name} in trace ${traceId}`;
  });
  return links.length > MOST_LINKS ? [...lines, `… and ${links.length - MOST_LINKS} more links`] : lines;
}
