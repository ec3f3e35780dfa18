import { traceBackend } from '../../traces/trace-backend.ts';
import type { Command, Given } from '../command.ts';
import { durationMs } from '../duration.ts';
import { json } from '../json.ts';
import { judged, report } from '../judged.ts';
import { Misuse } from '../misuse.ts';
import { suggest } from '../suggest.ts';
import { traceRow } from '../trace-row.ts';

export const search: Command = {
  name: 'search',
  operands: '<service>',
  summary: 'Finds the newest traces of a service',
  details: 'Prints a line for each: start, trace id, duration, first span, verdict. Exits with 1 if there are none.',
  options: {
    span: { type: 'string', value: '<name>', help: 'only traces with a span of this name' },
    attribute: { type: 'string', value: '<key=value>', help: 'only traces with a span that has this attribute' },
    since: { type: 'string', value: '<duration>', help: 'only traces that began in the last 10m, 2h … (default 1h)' },
    longer: { type: 'string', value: '<duration>', help: 'only traces with a span that took longer than this' },
    limit: { type: 'string', value: '<number>', help: 'the number of traces (default 20)' },
  },
  async run(given, io) {
    const [service, ...more] = given.operands;
    if (service === undefined || more.length > 0) throw new Misuse('search takes the name of one service.');
    const backend = traceBackend(given.url);
    const found = await backend.search({ service, ...criteria(given) });
    if (found.length === 0) {
      const known = await backend.services();
      const who = known.includes(service)
        ? ''
        : ` It has no service "${service}".${suggest(service, known) || (known.length > 0 ? ` The services are ${known.join(', ')}.` : '')}`;
      io.remark(`trace: no traces match at ${given.url}.${who}`);
    }
    const traces = found.map(judged);
    if (given.json) io.print(json(traces.map(report)).split('\n'));
    else for (const one of traces) io.print(traceRow(one, io));
    return found.length > 0 ? 0 : 1;
  },
};

function criteria({ values }: Given) {
  const text = (name: string): string | undefined => (typeof values[name] === 'string' ? values[name] : undefined);
  const [span, since, longer] = [text('span'), text('since'), text('longer')];
  const limit = Number(text('limit') ?? 20);
  if (!Number.isInteger(limit) || limit < 1) throw new Misuse('--limit takes a number from 1.');
  const attribute = text('attribute');
  const [, key, value] = /^([^=]+)=(.*)$/s.exec(attribute ?? '') ?? [];
  if (attribute !== undefined && (key === undefined || value === undefined))
    throw new Misuse('--attribute takes key=value, such as error.type=out_of_stock.');
  return {
    limit,
    ...(span !== undefined && { operation: span }),
    ...(key !== undefined && value !== undefined && { attributes: { [key]: value } }),
    ...(since !== undefined && { from: Date.now() - durationMs(since, 'since') }),
    ...(longer !== undefined && { minDurationMs: durationMs(longer, 'longer') }),
  };
}
