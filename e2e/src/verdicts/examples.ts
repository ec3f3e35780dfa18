import type { Awaited, FindingCode, Trace } from '@waymark/trace-model';
import { startGate } from './gate.ts';
import { spanId } from './otlp.ts';
import { calledWith, foreign, get, inFile, messages, mistake, NOT_SAMPLED, relayed, SAMPLED, type Provocation } from './provocation.ts';
import { deliver, grown, send } from './world.ts';

/** A way to break a trace. */
export interface Example {
  /** What goes wrong. */
  readonly what: string;
  /** All that `verify` finds, notes too; what this is an example of comes first. Of what is only missing, it finds nothing. */
  readonly finds: readonly FindingCode[];
  /** All that is missing, by `settled`. */
  readonly awaits?: readonly Awaited['what'][];
  /** Who and what the first finding names. */
  readonly names: string;
  /** Services that declare nothing. */
  readonly undeclared?: readonly string[];
  /** Calls that got no answer, by the name of their span. */
  readonly unknown?: readonly string[];
  /** No backend has the trace so. */
  readonly inNoStore?: true;
  /** Does it, and reads the trace back. */
  readonly provoke: Provocation;
}

/** Whoever is killed has exported nothing. */
const LATE = { OTEL_BSP_SCHEDULE_DELAY: '600000' };

export const EXAMPLES: readonly Example[] = [
  {
    what: 'a caller that asks not to be sampled',
    inNoStore: true,
    finds: [],
    awaits: ['root'],
    names: 'its first span',
    provoke: calledWith(NOT_SAMPLED, 0),
  },
  {
    what: 'a caller that sends a context and exports no span',
    finds: ['parent-outside'],
    awaits: ['parent'],
    names: 'kiosk "GET /fine"',
    provoke: calledWith(SAMPLED, 1),
  },
  {
    what: 'a promise nobody awaits',
    finds: ['child-outside-parent'],
    names: 'kiosk "audit"',
    provoke: mistake('child-outside-parent', 2),
  },
  {
    what: 'work that begins after the answer',
    finds: ['segment-outlived', 'child-outside-parent'],
    names: 'kiosk "audit"',
    provoke: mistake('segment-outlived', 2),
  },
  {
    what: 'a span that never ends',
    finds: [],
    awaits: ['spans'],
    names: '1 of the 2 spans of kiosk `GET /never-ends`',
    provoke: mistake('never-ends', 1),
  },
  {
    what: 'a process whose export queue was full',
    finds: [],
    awaits: ['spans'],
    names: '3 of the 6 spans of depot `GET /queue-full` (depot lost 3 spans: its export queue was full)',
    async provoke({ start, traces }) {
      await using depot = await start('depot', { OTEL_BSP_MAX_QUEUE_SIZE: '2' });
      const answer = await fetch(`${depot.url}/queue-full`);
      return await grown(traces, answer.headers.get('x-trace-id') ?? '', 3);
    },
  },
  {
    what: 'a service that exports nothing',
    finds: [],
    awaits: ['server'],
    names: 'kiosk `GET`',
    provoke: relayed(2, 'fine', 'stock', { OTEL_TRACES_EXPORTER: 'none' }),
  },
  {
    what: 'a process killed in the middle of a trace',
    finds: ['orphan'],
    awaits: ['parent'],
    names: 'stock "GET /fine"',
    unknown: ['GET'],
    provoke: relayed(3, 'dies?times=1&to=STOCK/fine', 'depot', LATE),
  },
  {
    what: 'a process killed at the root of a trace',
    finds: ['root-missing', 'orphan'],
    awaits: ['parent'],
    names: 'No span of the trace is a root',
    async provoke({ start, stock, traces }) {
      await using depot = await start('depot', LATE);
      const answer = await fetch(`${depot.url}/dies?times=2&headers=first&to=${stock}/fine`);
      return await grown(traces, answer.headers.get('x-trace-id') ?? '', 2);
    },
  },
  {
    what: 'a process killed in a detached task',
    finds: [],
    awaits: ['detached'],
    names: 'of depot `GET /detached`',
    async provoke({ start, traces }) {
      await using depot = await start('depot');
      const answer = await fetch(`${depot.url}/detached`);
      return await grown(traces, answer.headers.get('x-trace-id') ?? '', 1);
    },
  },
  {
    what: 'a proxy that adds a second traceparent',
    finds: ['context-lost'],
    names: 'which answered in another trace',
    provoke: mistake('context-lost', 4),
  },
  {
    what: 'a traced service without its middleware',
    finds: ['server-untraced'],
    names: 'stock answered kiosk "GET"',
    provoke: mistake('server-untraced', 2),
  },
  {
    what: 'a service that samples for itself',
    finds: ['server-untraced'],
    names: 'did not record it',
    provoke: relayed(2, 'fine', 'stock', { OTEL_TRACES_SAMPLER: 'always_off' }),
  },
  {
    what: 'a call that has lost its context',
    finds: ['root-client'],
    names: 'kiosk "GET"',
    async provoke({ kiosk, stock, traces }) {
      const answer = await fetch(`${kiosk}/outside?to=${stock}/fine`);
      return await grown(traces, await answer.text(), 2);
    },
  },
  {
    what: 'a client without its interceptor',
    finds: ['caller-missing'],
    names: 'depot "GET /fine"',
    async provoke({ start, traces }) {
      await using depot = await start('depot', { KIOSK_CALLERS: 'traced' });
      const answer = await fetch(`${depot.url}/fine`);
      return await grown(traces, answer.headers.get('x-trace-id') ?? '', 1);
    },
  },
  {
    what: 'a foreign service that begins a trace of its own',
    finds: ['client-unanswered'],
    names: 'kiosk "GET"',
    undeclared: ['bureau'],
    provoke: get(({ bureau }) => `relay?to=${bureau}/sound&to=${bureau}/own-trace`, 4),
  },
  {
    what: 'a retry below the CLIENT span',
    finds: ['client-answered-twice', 'error-hidden'],
    names: 'stock "GET /every-other"',
    provoke: mistake('client-answered-twice', 4),
  },
  {
    what: 'a call without a CLIENT span',
    finds: ['server-parent-kind'],
    names: 'stock "GET /fine"',
    provoke: mistake('server-parent-kind', 2),
  },
  {
    what: 'a host whose clock is slow',
    finds: ['clock-skew'],
    names: 'The clock of depot is about',
    provoke: relayed(3, 'fine', 'depot', {}, { slowClock: true }),
  },
  {
    what: 'a consumer whose clock is slow',
    finds: ['clock-skew'],
    names: 'The clock of depot is at least',
    provoke: messages(1, 3, async ({ start, traces }, [first], traceId) => {
      await using depot = await start('depot', {}, { slowClock: true });
      await deliver(depot.url, first);
      await grown(traces, traceId, 3);
    }),
  },
  {
    what: 'a message nobody consumes',
    finds: ['message-unconsumed'],
    awaits: ['consumer'],
    names: 'kiosk "send print"',
    provoke: messages(1, 2, async () => 'lost on the way'),
  },
  {
    what: 'one of two messages is consumed',
    finds: ['message-lost'],
    awaits: ['consumer'],
    names: 'kiosk "send print"',
    provoke: messages(2, 4, ({ stock }, [first]) => deliver(stock, first)),
  },
  {
    what: 'a message that comes without its context',
    finds: ['message-unproduced'],
    names: 'stock "process print"',
    async provoke(world) {
      const { sent } = await send(world.kiosk, 1);
      const { traceId } = await deliver(world.stock, { ...sent[0]!, carrier: {} });
      return grown(world.traces, traceId, 1);
    },
  },
  {
    what: 'a message consumed in the context of the one before',
    finds: ['message-mismatch'],
    names: 'stock "process print"',
    provoke: messages(2, 5, async ({ stock }, [first, second]) => {
      await deliver(stock, first);
      await deliver(stock, { ...second, carrier: first.carrier });
    }),
  },
  {
    what: 'a failed attempt that none follows',
    finds: [],
    awaits: ['attempt'],
    names: 'attempt 2 of print',
    provoke: messages(1, 3, ({ stock }, [first]) => deliver(stock, { ...first, outcome: 'fails' })),
  },
  {
    what: 'a process killed in the first attempt',
    finds: [],
    awaits: ['lost-attempt'],
    names: 'attempt 1 of print',
    provoke: messages(1, 3, async ({ start, stock }, [first]) => {
      await using depot = await start('depot');
      await deliver(depot.url, { ...first, outcome: 'dies' }).catch(() => 'it died');
      await deliver(stock, { ...first, attempt: 2 });
    }),
  },
  {
    what: 'a job that failed for good and was not put away',
    finds: [],
    awaits: ['dead-letter'],
    names: 'the dead letter of print',
    provoke: messages(1, 3, ({ stock }, [first]) => deliver(stock, { ...first, maxAttempts: 1, outcome: 'fails' })),
  },
  {
    what: 'an error somebody caught',
    finds: ['error-hidden'],
    names: 'kiosk "print"',
    provoke: mistake('error-hidden', 2),
  },
  {
    what: 'a hand-made CLIENT span that forgets to fail',
    finds: ['status-contradicted'],
    names: 'kiosk "GET"',
    provoke: mistake('status-contradicted', 2),
  },
  {
    what: 'a process without a name',
    finds: ['service-unnamed'],
    names: 'unknown_service',
    async provoke({ start, traces }) {
      await using nameless = await start(undefined);
      const answer = await fetch(`${nameless.url}/fine`);
      return await grown(traces, answer.headers.get('x-trace-id') ?? '', 1);
    },
  },
  {
    what: 'a hand-made CLIENT span that says too little',
    finds: ['attribute-missing'],
    names: 'kiosk "GET"',
    provoke: mistake('attribute-missing', 2),
  },
  {
    what: 'a hand-made CLIENT span with names of yesterday',
    finds: ['attribute-retired'],
    names: 'kiosk "GET"',
    provoke: mistake('attribute-retired', 2),
  },
  {
    what: 'a header recorded as it came',
    finds: ['secret'],
    names: 'kiosk "GET /secret"',
    provoke: mistake('secret', 1),
  },
  {
    what: 'more attributes than the SDK keeps',
    finds: ['data-dropped'],
    names: 'kiosk "print"',
    provoke: mistake('data-dropped', 2),
  },
  {
    what: 'a value that is longer than the trace store keeps',
    finds: ['data-dropped'],
    names: 'kiosk "GET /too-long"',
    provoke: get('too-long', 1),
  },
  {
    what: 'an export tried again that had arrived',
    finds: ['span-delivered-twice'],
    names: 'depot "GET /fine"',
    async provoke(world) {
      await using gate = await startGate(world.store.otlpUrl, 'deaf');
      return await relayed(4, 'fine', 'depot', { OTEL_EXPORTER_OTLP_ENDPOINT: gate.url })(world);
    },
  },
  {
    what: 'a call that got no answer',
    finds: [],
    names: 'did with kiosk `GET`, which got no answer',
    unknown: ['GET'],
    provoke: relayed(2, 'dies?times=0', 'depot'),
  },
  {
    what: 'a server that works on in its span after it has answered',
    finds: ['server-outside-client'],
    names: 'bureau "GET /works-on"',
    provoke: foreign('works-on', 3),
  },
  {
    what: 'a consumer that was given the context of a later message',
    finds: ['async-too-early'],
    names: 'bureau "process stamp"',
    undeclared: ['bureau'],
    provoke: foreign('consumer-too-early', 5),
  },
  {
    what: 'a foreign service without a manifest',
    finds: [],
    names: 'bureau does not declare',
    undeclared: ['bureau'],
    provoke: foreign('sound', 3),
  },
  {
    what: 'a tracer that keeps the trace id and forgets the parent',
    finds: ['root-several'],
    names: 'bureau "GET /root-several"',
    undeclared: ['bureau'],
    provoke: foreign('root-several', 3),
  },
  {
    what: 'a foreign producer, whose consumer nobody can await',
    finds: ['message-unconsumed'],
    names: 'bureau "send stamp"',
    undeclared: ['bureau'],
    provoke: foreign('producer', 4),
  },
  {
    what: 'a tracer that uses an id twice',
    finds: ['span-id-duplicate'],
    names: 'bureau "stamp"',
    undeclared: ['bureau'],
    provoke: foreign('span-id-duplicate', 4),
  },
  {
    what: 'a tracer that rewrites parent ids',
    finds: ['cycle'],
    names: 'bureau "GET /cycle"',
    undeclared: ['bureau'],
    provoke: foreign('cycle', 4),
  },
  {
    what: 'a tracer that exports what has not ended',
    finds: ['not-ended'],
    names: 'bureau "GET /not-ended"',
    undeclared: ['bureau'],
    provoke: foreign('not-ended', 3),
  },
  {
    what: 'a tracer that trusts a clock that is set back',
    finds: ['ends-before-start'],
    names: 'bureau "GET /ends-before-start"',
    undeclared: ['bureau'],
    provoke: foreign('ends-before-start', 3),
  },
  {
    what: 'a trace id of 64 bits',
    inNoStore: true,
    finds: ['trace-id-malformed'],
    names: '5f0c9d3a7b1e4c2f',
    undeclared: ['bureau'],
    provoke: async () => inFile({ traceId: '5f0c9d3a7b1e4c2f', spanId: spanId() }),
  },
  {
    what: 'a span id that is a number',
    inNoStore: true,
    finds: ['span-id-malformed'],
    names: 'bureau "stamp"',
    undeclared: ['bureau'],
    provoke: async () => inFile({ traceId: crypto.randomUUID().replaceAll('-', ''), spanId: '17' }),
  },
  {
    what: 'two traces put into one by hand',
    inNoStore: true,
    finds: ['trace-id-mixed', 'root-several'],
    names: 'stock "GET /fine"',
    async provoke(world) {
      const [one, other] = [await get('fine', 1)(world), await get('fine', 1)({ ...world, kiosk: world.stock })];
      return { ...one, spans: [...one.spans, ...other.spans] };
    },
  },
  {
    what: 'an answer that no reader has read',
    inNoStore: true,
    finds: ['not-judged'],
    names: 'by the rule of',
    async provoke(world) {
      const { traceId } = await get('fine', 1)(world);
      return (await fetch(`${world.store.url}/api/v3/traces/${traceId}`)).json() as Promise<Trace>;
    },
  },
];
