import type { Answered } from './ask.ts';

type Json = { [name: string]: unknown };

/**
 * Where an answer of the trace store and one of Jaeger 2.13 may differ. Each rule says why. Everything else must be equal, field by field,
 * but for the questions in `since-2.13.ts`.
 */
export function normalise({ status, body }: Answered): Answered {
  return { status, body: visit(body) };
}

function visit(value: unknown): unknown {
  if (typeof value === 'string') return message(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(visit);
  return object(Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, visit(inner)])));
}

function object(json: Json): Json {
  // Jaeger keeps names and links in hash maps: their order is another one each time.
  for (const name of ['services', 'operations']) if (Array.isArray(json[name])) json[name] = sorted(json[name]);
  if (Array.isArray(json['data']) && !hasSpans(json['data'][0])) json['data'] = sorted(json['data'].filter(isNoLoop));
  // Jaeger 2.13 loses the schema URLs; later versions keep them, as the trace store does.
  if ('scopeSpans' in json || 'spans' in json) delete json['schemaUrl'];
  if (Array.isArray(json['resourceSpans'])) json['resourceSpans'] = flat(json['resourceSpans'] as Json[]);
  // Jaeger 2.13 leaves out the kind of spans that have none; 2.20 calls them internal, because its UI needs a kind.
  if (Array.isArray(json['operations']))
    json['operations'] = json['operations'].map((one: Json) => ({ ...one, spanKind: one['spanKind'] ?? 'internal' }));
  if ('processes' in json) return v1Trace(json);
  return json;
}

/** Jaeger 2.13 counts a span below another of the same service as a call of the service to itself; later versions do not. */
const isNoLoop = (link: unknown): boolean =>
  typeof link !== 'object' || link === null || !('parent' in link && 'child' in link) || link.parent !== link.child;

const hasSpans = (value: unknown): boolean => typeof value === 'object' && value !== null && 'spans' in value;

const sorted = (list: readonly unknown[]): unknown[] => list.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));

/** Spans of one resource may stand in one `resourceSpans` or in several: each span is compared with its resource and scope. */
const flat = (groups: readonly Json[]): unknown[] =>
  groups.flatMap(({ resource, scopeSpans }) =>
    (scopeSpans as Json[]).flatMap(({ scope, spans }) => (spans as Json[]).map((span) => ({ resource, scope, span }))),
  );

/**
 * In v1, Jaeger numbers processes and orders spans and tags by chance, 2.13 tells hosts apart by an attribute that
 * OTLP does not have, and which of two spans with one id it calls the duplicate is chance, too.
 */
function v1Trace(trace: Json): Json {
  const processes = trace['processes'] as Json;
  for (const process of Object.values(processes)) sortTags(process as Json);
  const spans = (trace['spans'] as Json[]).map(({ processID, ...span }) => {
    sortTags(span);
    span['warnings'] = withoutChance(span['warnings'] as string[] | null);
    for (const log of span['logs'] as Json[]) log['fields'] = sorted(log['fields'] as unknown[]);
    return { ...span, process: processes[processID as string] };
  });
  return { ...trace, spans: sorted(spans), processes: Object.keys(processes).length };
}

function withoutChance(warnings: readonly string[] | null): readonly string[] | null {
  const others = warnings?.filter((warning) => !/^(clock skew adjustment disabled|duplicate span IDs);/.test(warning)) ?? [];
  return others.length === 0 ? null : others;
}

function sortTags(holder: Json): void {
  holder['tags'] = sorted(holder['tags'] as unknown[]);
}

/** Messages that quote a JSON parser, and texts that are written otherwise since 2.13. */
function message(text: string): string {
  return text
    .replace(/(cannot unmarshal JSON:).*/s, '$1 …')
    .replace(/^invalid parent span IDs=(\w+);/, 'parent span ID=$1 is not in the trace;')
    .replace('query.start_time_min and query.start_time_max are required', 'query.startTimeMin and query.startTimeMax are required')
    .replaceAll(/\\u00(3c|3e|26)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
