import { startOwnShop, type OwnShop } from '../src/own-shop/own-shop.ts';
import type { Answer } from '../src/shop/shopper.ts';
import { copier } from '../compose/copies.ts';

/** A kind of trace, of which copies are sent. */
export interface Example {
  what: string;
  /** Whether every trace of this kind must be kept. */
  isWanted: boolean;
  /** False if spans are missing on purpose. */
  isWhole: boolean;
  spans: number;
  /** Makes a copy with its own ids. */
  copy(): Copy;
}

export interface Copy {
  traceId: string;
  /** Each with a few spans of one service, in OTLP/JSON. */
  parts: ResourceSpans[];
  /** The spans of the job, which services send much later when a job is delayed or retried. */
  late: ResourceSpans[];
}

export interface ResourceSpans {
  resource: unknown;
  scopeSpans: { scope?: unknown; spans: OtlpSpan[] }[];
}

interface OtlpSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number | string;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes?: { key: string; value: Record<string, unknown> }[];
}

/** Sends parts to an OTLP/HTTP endpoint. */
export async function sendParts(url: string, resourceSpans: readonly ResourceSpans[]): Promise<void> {
  const answer = await fetch(`${url}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceSpans }),
  });
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${await answer.text()}`);
}

/** How much longer a slow trace takes. */
const SLOWER_NS = 5_000_000_000n;

/** Takes example traces from a real shop: of an order that is fulfilled, one that is rejected, and one whose payment fails at first. */
export async function takeExamples(): Promise<Example[]> {
  await using own = await startOwnShop();
  const { demo } = own;
  const fulfilled = await read(own, await settledOrder(own, 'trail-map'));
  const retried = await read(own, await settledOrder(own, 'lucky-postcard'));
  const refused = await read(own, await demo.place('desk-lamp', 999));
  const list = await read(own, await demo.call('GET', '/v1/products'));
  return [
    { ...example('an order', fulfilled), isWanted: false },
    { ...example('a list of products', list), isWanted: false },
    { ...example('an order that is out of stock', refused), isWanted: hasError(refused) },
    { ...example('an order whose payment fails once', retried), isWanted: true },
    { ...example('a slow order', slowed(fulfilled)), isWanted: true },
    { ...example('an order without its first span', withoutFirst(fulfilled)), isWanted: true, isWhole: false },
    { ...example('an order that a killed service did not answer', unanswered(fulfilled)), isWanted: true, isWhole: false },
  ];
}

async function settledOrder({ demo }: OwnShop, sku: string): Promise<Answer> {
  const answer = await demo.place(sku);
  await demo.ended(answer.body.id);
  return answer;
}

async function read({ traces, tracesUrl }: OwnShop, answer: Answer): Promise<ResourceSpans[]> {
  const { traceId } = await traces.of(answer, { timeoutMs: 30_000 });
  const response = await fetch(`${tracesUrl}/api/v3/traces/${traceId}`);
  return ((await response.json()) as { result: { resourceSpans: ResourceSpans[] } }).result.resourceSpans;
}

const spansOf = (all: readonly ResourceSpans[]): OtlpSpan[] => all.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));

const hasError = (all: readonly ResourceSpans[]): boolean => /"code":(2|"STATUS_CODE_ERROR")/.test(JSON.stringify(spansOf(all)));

function example(what: string, all: readonly ResourceSpans[]): Omit<Example, 'isWanted'> {
  const next = copier([...all]);
  const copy = (): Copy => {
    const copied = JSON.parse(`[${next()}]`) as ResourceSpans[];
    const job = belowJob(spansOf(copied));
    const isLate = ({ spanId }: OtlpSpan): boolean => job.has(spanId);
    return {
      traceId: spansOf(copied)[0]!.traceId,
      parts: copied.flatMap((one) => halves(only(one, (span) => !isLate(span)))).filter(hasSpans),
      late: copied.map((one) => only(one, isLate)).filter(hasSpans),
    };
  };
  return { what, isWhole: true, spans: spansOf(all).length, copy };
}

/** The ids of the spans of the job, and of what it called. */
function belowJob(spans: readonly OtlpSpan[]): Set<string> {
  const below = new Set(spans.filter(({ kind }) => kind === 5 || kind === 'SPAN_KIND_CONSUMER').map(({ spanId }) => spanId));
  for (let size = -1; size < below.size;) {
    size = below.size;
    for (const { spanId, parentSpanId } of spans) if (below.has(parentSpanId ?? '')) below.add(spanId);
  }
  return below;
}

const hasSpans = (one: ResourceSpans): boolean => spansOf([one]).length > 0;

const only = ({ resource, scopeSpans }: ResourceSpans, wanted: (span: OtlpSpan) => boolean): ResourceSpans => ({
  resource,
  scopeSpans: scopeSpans.map(({ scope, spans }) => ({ scope, spans: spans.filter(wanted) })),
});

/** An exporter sends the spans of a trace in several batches. */
function halves(one: ResourceSpans): ResourceSpans[] {
  let at = 0;
  const turns = new Map(spansOf([one]).map(({ spanId }) => [spanId, at++ % 2]));
  return [0, 1].map((turn) => only(one, ({ spanId }) => turns.get(spanId) === turn));
}

/** The last span ends later. */
function slowed(all: readonly ResourceSpans[]): ResourceSpans[] {
  const copy = structuredClone([...all]);
  const root = spansOf(copy).find(({ parentSpanId }) => !parentSpanId)!;
  root.endTimeUnixNano = String(BigInt(root.endTimeUnixNano) + SLOWER_NS);
  return copy;
}

const withoutFirst = (all: readonly ResourceSpans[]): ResourceSpans[] =>
  all.map((one) => only(one, ({ parentSpanId }) => Boolean(parentSpanId)));

/** As if order was killed: its spans never came, and the gateway does not know what it did. */
function unanswered(all: readonly ResourceSpans[]): ResourceSpans[] {
  const isOrder = ({ resource }: ResourceSpans): boolean =>
    /"service\.name","value":\{"stringValue":"order"\}/.test(JSON.stringify(resource));
  const copy = structuredClone(all.filter((one) => !isOrder(one)));
  const call = spansOf(copy).find(({ name, parentSpanId }) => name === 'POST /orders' && parentSpanId)!;
  call.attributes = [
    ...(call.attributes ?? []).filter(({ key }) => key !== 'waymark.peer.span'),
    { key: 'waymark.peer.unknown', value: { boolValue: true } },
  ];
  return copy;
}
