import { access } from 'node:fs/promises';
import { columns, impact as impactOf, printable, type AffectedOperation } from '@waymark/trace-model';
import { traceBackend } from '../../traces/trace-backend.ts';
import { readCatalog, type CatalogEntry } from '../catalog.ts';
import type { Command, Given } from '../command.ts';
import { durationMs } from '../duration.ts';
import { json } from '../json.ts';
import { Misuse } from '../misuse.ts';
import { suggest } from '../suggest.ts';

const CATALOG = 'catalog-info.yaml';
/** Enough to see routes that are rarely used. */
const TRACES = 500;

/** A service that is affected. */
interface Row extends Partial<CatalogEntry> {
  readonly service: string;
  readonly how: string;
}

export const impact: Command = {
  name: 'impact',
  operands: '<service>',
  summary: 'Shows who is affected when a service fails',
  details: `Prints the services that call it, directly or through others, and their operations, by its ${TRACES} newest traces. From a Backstage catalogue come their owners, who is on call, and the links of the type runbook, with the alert as title. Exits with 1 if the service has no traces.`,
  options: {
    since: { type: 'string', value: '<duration>', help: 'only traces that began in the last 10m, 2h … (default 1h)' },
    catalog: { type: 'string', value: '<file>', help: `the catalogue (default: ${CATALOG}, if it exists)` },
  },
  async run(given, io) {
    const [service, ...more] = given.operands;
    if (service === undefined || more.length > 0) throw new Misuse('impact takes the name of one service.');
    const catalog = await catalogOf(given);
    const since = typeof given.values['since'] === 'string' ? given.values['since'] : '1h';
    const backend = traceBackend(given.url);
    const traces = await backend.search({ service, limit: TRACES, from: Date.now() - durationMs(since, 'since') });
    if (traces.length === 0) {
      const known = [...(await backend.services())].sort();
      if (!known.includes(service))
        throw new Misuse(
          `there is no service "${service}" at ${given.url}.${suggest(service, known)} The services are ${known.join(', ') || 'none'}.`,
        );
      io.remark(`trace: ${service} has no traces at ${given.url} in the last ${since}. \`--since\` looks further back.`);
      return 1;
    }
    const affected = impactOf(traces, service);
    const services = rows(service, affected, catalog);
    if (given.json) io.print(json({ service, traces: traces.length, services, operations: affected }).split('\n'));
    else
      io.print([`if ${printable(service)} fails, by its ${traces.length} newest traces of the last ${since}`, ...text(services, affected)]);
    return 0;
  },
};

async function catalogOf({ values }: Given): Promise<ReadonlyMap<string, CatalogEntry>> {
  const given = values['catalog'];
  if (typeof given === 'string') return readCatalog(given);
  const exists = await access(CATALOG).then(
    () => true,
    () => false,
  );
  return exists ? readCatalog(CATALOG) : new Map();
}

/** The service itself, its direct callers, and those that are affected through them. */
function rows(service: string, affected: readonly AffectedOperation[], catalog: ReadonlyMap<string, CatalogEntry>): Row[] {
  const callers = [...Map.groupBy(affected, ({ service }) => service)].map(([caller, operations]) => {
    const through = new Set(operations.flatMap((operation) => operation.through));
    const isDirect = through.delete(service);
    const how = [isDirect ? `calls ${service}` : '', through.size > 0 ? `through ${[...through].join(', ')}` : ''];
    return { service: caller, how: how.filter(Boolean).join(', and '), isDirect };
  });
  const ordered = callers.toSorted((a, b) => Number(b.isDirect) - Number(a.isDirect));
  return [{ service, how: 'fails' }, ...ordered].map(({ service, how }) => ({ service, how, ...catalog.get(service) }));
}

function text(services: readonly Row[], affected: readonly AffectedOperation[]): string[] {
  const alerts = new Map<string, { url: string; of: string[] }>();
  for (const { service, runbooks = [] } of services)
    for (const { title, url } of runbooks) alerts.set(title, { url, of: [...(alerts.get(title)?.of ?? []), service] });
  return [
    ...table(
      ['service', 'how', 'owner', 'on call'],
      services.map(({ service, how, owner = '', onCall = '' }) => [service, how, owner, onCall]),
    ),
    ...table(
      ['operation', '', 'through', 'traces'],
      affected.map(({ service, name, through, inBackground, traces }) => [
        service,
        name,
        through.join(', '),
        `${traces}${inBackground ? ', in the background' : ''}`,
      ]),
    ),
    ...table(
      ['alert', 'of', 'runbook'],
      [...alerts].map(([title, { of, url }]) => [title, of.join(', '), url]),
    ),
  ];
}

/** Columns with a heading, after an empty line. Nothing if there are no rows. Columns without text at the end are left out. */
function table(heading: readonly string[], rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return [];
  const clean = rows.map((row) => row.map(printable));
  const all = [heading.map((cell, at) => (clean.some((row) => row[at]) ? cell : '')), ...clean];
  const widths = heading.map((_, at) => Math.max(...all.map((row) => columns(row[at] ?? ''))));
  const lines = all.map((row) => row.map((cell, at) => cell + ' '.repeat((widths[at] ?? 0) - columns(cell))).join('  '));
  return ['', ...lines.map((line) => line.trimEnd())];
}
