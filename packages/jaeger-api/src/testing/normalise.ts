import type { Answered } from './ask.ts';

type Json = { [name: string]: unknown };

/** Where our answers and those of Jaeger 2.13 may differ. Each rule says why. Everything else must be equal, field by field. */
export function normalise({ status, body }: Answered): Answered {
  // Which value is wrong is said in our words.
  return { status, body: status === 400 ? withoutMessages(body) : visit(body) };
}

const withoutMessages = (body: unknown): unknown =>
  JSON.parse(JSON.stringify(body, (name, value: unknown) => (name === 'msg' || name === 'message' ? '…' : value)));

function visit(value: unknown): unknown {
  // Go's JSON has escapes for characters of HTML.
  if (typeof value === 'string')
    return value.replaceAll(/\\u00(3c|3e|26)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(visit);
  return object(Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, visit(inner)])));
}

function object(json: Json): Json {
  // Jaeger keeps names and links in hash maps, so their order changes.
  for (const name of ['services', 'operations']) if (Array.isArray(json[name])) json[name] = sorted(json[name]);
  if (Array.isArray(json['data']) && !hasSpans(json['data'][0])) json['data'] = sorted(json['data'].filter(isNoLoop));
  // Jaeger 2.13 loses the schema URLs; later versions keep them, as the trace store does.
  if ('scopeSpans' in json || 'spans' in json) delete json['schemaUrl'];
  if (Array.isArray(json['resourceSpans'])) json['resourceSpans'] = flat(json['resourceSpans'] as Json[]);
  // Jaeger 2.13 leaves out the kind of a span without kind. 2.20 calls it internal, because its UI needs a kind.
  if (Array.isArray(json['operations']))
    json['operations'] = json['operations'].map((one: Json) => ({ ...one, spanKind: one['spanKind'] ?? 'internal' }));
  if ('processes' in json) return v1Trace(json);
  return withoutWarnings(json);
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

/** In v1, Jaeger numbers processes and orders spans and tags at random. */
function v1Trace(trace: Json): Json {
  const processes = trace['processes'] as Json;
  for (const process of Object.values(processes)) sortTags(process as Json);
  const spans = (trace['spans'] as Json[]).map(({ processID, ...span }) => {
    sortTags(span);
    span['warnings'] = null;
    for (const log of span['logs'] as Json[]) log['fields'] = sorted(log['fields'] as unknown[]);
    return { ...span, process: processes[processID as string] };
  });
  return { ...trace, spans: sorted(spans), processes: Object.keys(processes).length };
}

function sortTags(holder: Json): void {
  holder['tags'] = sorted(holder['tags'] as unknown[]);
}

/** Jaeger adds warnings about clocks, orphans and duplicate ids to spans. Ours does not: the verdict of the UI says more. */
function withoutWarnings(json: Json): Json {
  if (!Array.isArray(json['attributes'])) return json;
  const attributes = (json['attributes'] as Json[]).filter(({ key }) => key !== '@jaeger@warnings');
  const { attributes: _, ...others } = json;
  return attributes.length > 0 ? { ...others, attributes } : others;
}
