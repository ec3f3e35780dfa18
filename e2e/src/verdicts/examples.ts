import type { Awaited, FindingCode, Trace } from '@waymark/trace-model';
import {
  calledWith,
  direct,
  foreign,
  fromFile,
  get,
  messages,
  mistake,
  NOT_SAMPLED,
  relayed,
  SAMPLED,
  type BreakTrace,
} from './break-trace.ts';
import { startExportProxy } from './export-proxy.ts';
import { deliver, send, traceWith } from './fixture.ts';
import { spanId } from './otlp.ts';

/** A way to break a trace. */
export interface Example {
  /** What goes wrong. */
  readonly what: string;
  /** All findings of `verify`, including notes. The one that the example shows comes first. */
  readonly finds: readonly FindingCode[];
  /** Everything that `settled` awaits or reports as lost. */
  readonly awaits?: readonly Awaited['what'][];
  /** A part of the first message: usually service and span. */
  readonly names: string;
  /** Services without a manifest. */
  readonly undeclared?: readonly string[];
  /** Calls that got no answer, by span name. */
  readonly unknown?: readonly string[];
  /** True if no trace backend can return such a trace. */
  readonly notInStore?: true;
  readonly breakTrace: BreakTrace;
}

/** A process that is killed has not exported anything yet. */
const EXPORTS_LATE = { OTEL_BSP_SCHEDULE_DELAY: '600000' };

export const EXAMPLES: readonly Example[] = [
  {
    what: 'a caller that sends an unsampled traceparent',
    notInStore: true,
    finds: [],
    awaits: ['root'],
    names: 'its first span',
    breakTrace: calledWith(NOT_SAMPLED, 0),
  },
  {
    what: 'a caller that sends a traceparent but exports no span',
    finds: ['parent-outside'],
    awaits: ['parent'],
    names: 'frontend "GET /ok"',
    breakTrace: calledWith(SAMPLED, 1),
  },
  {
    what: 'a promise without await',
    finds: ['child-outside-parent'],
    names: 'frontend "audit"',
    breakTrace: mistake('child-outside-parent', 2),
  },
  {
    what: 'work that starts after the response',
    finds: ['segment-outlived', 'child-outside-parent'],
    names: 'frontend "audit"',
    breakTrace: mistake('segment-outlived', 2),
  },
  {
    what: 'a span that never ends',
    finds: [],
    awaits: ['spans'],
    names: '1 of the 2 spans of frontend `GET /never-ends`',
    breakTrace: mistake('never-ends', 1),
  },
  {
    what: 'a process whose export queue was full',
    finds: [],
    awaits: ['spans'],
    names: '3 of the 6 spans of payment `GET /queue-full` (payment lost 3 spans: its export queue was full)',
    breakTrace: direct(3, 'queue-full', 'payment', { OTEL_BSP_MAX_QUEUE_SIZE: '2' }),
  },
  {
    what: 'a service that exports nothing',
    finds: [],
    awaits: ['server'],
    names: 'frontend `GET`',
    breakTrace: relayed(2, 'ok', 'stock', { OTEL_TRACES_EXPORTER: 'none' }),
  },
  {
    what: 'a killed process in the middle of a trace',
    finds: ['orphan'],
    awaits: ['parent'],
    names: 'stock "GET /ok"',
    unknown: ['GET'],
    breakTrace: relayed(3, 'dies?times=1&to=STOCK/ok', 'payment', EXPORTS_LATE),
  },
  {
    what: 'a killed process at the root of a trace',
    finds: ['root-missing', 'orphan'],
    awaits: ['parent'],
    names: 'No span of the trace is a root',
    breakTrace: direct(2, ({ stock }) => `dies?times=2&headers=first&to=${stock}/ok`, 'payment', EXPORTS_LATE),
  },
  {
    what: 'a detached task that hangs',
    finds: [],
    awaits: ['detached'],
    names: 'of payment `GET /detached`',
    breakTrace: direct(1, 'detached', 'payment'),
  },
  {
    what: 'a proxy that adds a second traceparent',
    finds: ['context-lost'],
    names: 'which answered in another trace',
    breakTrace: mistake('context-lost', 4),
  },
  {
    what: 'a traced service without its middleware',
    finds: ['server-untraced'],
    names: 'stock answered frontend "GET"',
    breakTrace: mistake('server-untraced', 2),
  },
  {
    what: 'a service with its own sampler',
    finds: ['server-untraced'],
    names: 'did not record it',
    breakTrace: relayed(2, 'ok', 'stock', { OTEL_TRACES_SAMPLER: 'always_off' }),
  },
  {
    what: 'a call without context',
    finds: ['root-client'],
    names: 'frontend "GET"',
    async breakTrace({ frontend, stock, traces }) {
      const answer = await fetch(`${frontend}/outside?to=${stock}/ok`);
      return await traceWith(traces, await answer.text(), 2);
    },
  },
  {
    what: 'a client without its interceptor',
    finds: ['caller-missing'],
    names: 'payment "GET /ok"',
    breakTrace: direct(1, 'ok', 'payment', { EXPECT_TRACED_CALLERS: 'true' }),
  },
  {
    what: 'a service that starts its own trace',
    finds: ['client-unanswered'],
    names: 'frontend "GET"',
    undeclared: ['foreign'],
    breakTrace: get(({ foreign }) => `relay?to=${foreign}/correct&to=${foreign}/own-trace`, 4),
  },
  {
    what: 'a retry below the CLIENT span',
    finds: ['client-answered-twice', 'error-hidden'],
    names: 'stock "GET /flaky"',
    breakTrace: mistake('client-answered-twice', 4),
  },
  {
    what: 'a call without a CLIENT span',
    finds: ['server-parent-kind'],
    names: 'stock "GET /ok"',
    breakTrace: mistake('server-parent-kind', 2),
  },
  {
    what: 'a host whose clock is slow',
    finds: ['clock-skew'],
    names: 'The clock of payment is about',
    breakTrace: relayed(3, 'ok', 'payment', {}, { slowClock: true }),
  },
  {
    what: 'a consumer whose clock is slow',
    finds: ['clock-skew'],
    names: 'The clock of payment is at least',
    breakTrace: messages(1, 3, async ({ start, traces }, [first], traceId) => {
      await using payment = await start('payment', {}, { slowClock: true });
      await deliver(payment.url, first);
      await traceWith(traces, traceId, 3);
    }),
  },
  {
    what: 'a message without a consumer',
    finds: ['message-unconsumed'],
    awaits: ['consumer'],
    names: 'frontend "send print"',
    breakTrace: messages(1, 2, async () => 'lost on the way'),
  },
  {
    what: 'two messages of which one is consumed',
    finds: ['message-lost'],
    awaits: ['consumer'],
    names: 'frontend "send print"',
    breakTrace: messages(2, 4, ({ stock }, [first]) => deliver(stock, first)),
  },
  {
    what: 'a message without carrier',
    finds: ['message-unproduced'],
    names: 'stock "process print"',
    async breakTrace(fixture) {
      const { sent } = await send(fixture.frontend, 1);
      const { traceId } = await deliver(fixture.stock, { ...sent[0]!, carrier: {} });
      return traceWith(fixture.traces, traceId, 1);
    },
  },
  {
    what: 'a message consumed in the context of the previous one',
    finds: ['message-mismatch'],
    names: 'stock "process print"',
    breakTrace: messages(2, 5, async ({ stock }, [first, second]) => {
      await deliver(stock, first);
      await deliver(stock, { ...second, carrier: first.carrier });
    }),
  },
  {
    what: 'a failed attempt without a next attempt',
    finds: [],
    awaits: ['attempt'],
    names: 'attempt 2 of print',
    breakTrace: messages(1, 3, ({ stock }, [first]) => deliver(stock, { ...first, outcome: 'fails' })),
  },
  {
    what: 'a process killed during the first attempt',
    finds: [],
    awaits: ['lost-attempt'],
    names: 'attempt 1 of print',
    breakTrace: messages(1, 3, async ({ start, stock }, [first]) => {
      await using payment = await start('payment');
      await deliver(payment.url, { ...first, outcome: 'dies' }).catch(() => 'it died');
      await deliver(stock, { ...first, attempt: 2 });
    }),
  },
  {
    what: 'a failed job without a dead letter',
    finds: [],
    awaits: ['dead-letter'],
    names: 'the dead letter of print',
    breakTrace: messages(1, 3, ({ stock }, [first]) => deliver(stock, { ...first, maxAttempts: 1, outcome: 'fails' })),
  },
  {
    what: 'an error that was caught',
    finds: ['error-hidden'],
    names: 'frontend "print"',
    breakTrace: mistake('error-hidden', 2),
  },
  {
    what: 'a CLIENT span made by hand, without an error status',
    finds: ['status-contradicted'],
    names: 'frontend "GET"',
    breakTrace: mistake('status-contradicted', 2),
  },
  {
    what: 'a process without a service name',
    finds: ['service-unnamed'],
    names: 'unknown_service',
    breakTrace: direct(1, 'ok', undefined),
  },
  {
    what: 'a CLIENT span made by hand, without required attributes',
    finds: ['attribute-missing'],
    names: 'frontend "GET"',
    breakTrace: mistake('attribute-missing', 2),
  },
  {
    what: 'a CLIENT span made by hand, with old attribute names',
    finds: ['attribute-retired'],
    names: 'frontend "GET"',
    breakTrace: mistake('attribute-retired', 2),
  },
  {
    what: 'a recorded authorization header',
    finds: ['secret'],
    names: 'frontend "GET /secret"',
    breakTrace: mistake('secret', 1),
  },
  {
    what: 'more attributes than the SDK keeps',
    finds: ['data-dropped'],
    names: 'frontend "print"',
    breakTrace: mistake('data-dropped', 2),
  },
  {
    what: 'a value that is too long for the trace store',
    finds: ['data-dropped'],
    names: 'frontend "GET /too-long"',
    breakTrace: get('too-long', 1),
  },
  {
    what: 'an export that is retried although it arrived',
    finds: ['span-delivered-twice'],
    names: 'payment "GET /ok"',
    async breakTrace(fixture) {
      await using proxy = await startExportProxy(fixture.store.otlpUrl, 'deny once');
      return await relayed(4, 'ok', 'payment', { OTEL_EXPORTER_OTLP_ENDPOINT: proxy.url })(fixture);
    },
  },
  {
    what: 'a call that got no answer',
    finds: [],
    names: 'did with frontend `GET`, which got no answer',
    unknown: ['GET'],
    breakTrace: relayed(2, 'dies?times=0', 'payment'),
  },
  {
    what: 'a server that works on in its span after it has answered',
    finds: ['server-outside-client'],
    names: 'foreign "GET /ends-late"',
    breakTrace: foreign('ends-late', 3),
  },
  {
    what: 'a consumer with the context of a later message',
    finds: ['async-too-early'],
    names: 'foreign "process print"',
    undeclared: ['foreign'],
    breakTrace: foreign('consumer-too-early', 5),
  },
  {
    what: 'a service without a manifest',
    finds: [],
    names: 'foreign does not declare',
    undeclared: ['foreign'],
    breakTrace: foreign('correct', 3),
  },
  {
    what: 'a tracer that drops the parent id',
    finds: ['root-several'],
    names: 'foreign "GET /root-several"',
    undeclared: ['foreign'],
    breakTrace: foreign('root-several', 3),
  },
  {
    what: 'a producer without a manifest',
    finds: ['message-unconsumed'],
    names: 'foreign "send print"',
    undeclared: ['foreign'],
    breakTrace: foreign('producer', 4),
  },
  {
    what: 'a tracer that reuses a span id',
    finds: ['span-id-duplicate'],
    names: 'foreign "work"',
    undeclared: ['foreign'],
    breakTrace: foreign('span-id-duplicate', 4),
  },
  {
    what: 'a tracer that rewrites parent ids',
    finds: ['cycle'],
    names: 'foreign "GET /cycle"',
    undeclared: ['foreign'],
    breakTrace: foreign('cycle', 4),
  },
  {
    what: 'a tracer that exports open spans',
    finds: ['not-ended'],
    names: 'foreign "GET /not-ended"',
    undeclared: ['foreign'],
    breakTrace: foreign('not-ended', 3),
  },
  {
    what: 'a tracer with a clock that is set back',
    finds: ['ends-before-start'],
    names: 'foreign "GET /ends-before-start"',
    undeclared: ['foreign'],
    breakTrace: foreign('ends-before-start', 3),
  },
  {
    what: 'a trace id of 64 bits',
    notInStore: true,
    finds: ['trace-id-malformed'],
    names: '5f0c9d3a7b1e4c2f',
    undeclared: ['foreign'],
    breakTrace: async () => fromFile({ traceId: '5f0c9d3a7b1e4c2f', spanId: spanId() }),
  },
  {
    what: 'a span id that is a number',
    notInStore: true,
    finds: ['span-id-malformed'],
    names: 'foreign "work"',
    undeclared: ['foreign'],
    breakTrace: async () => fromFile({ traceId: crypto.randomUUID().replaceAll('-', ''), spanId: '17' }),
  },
  {
    what: 'spans of two traces in one value',
    notInStore: true,
    finds: ['trace-id-mixed', 'root-several'],
    names: 'stock "GET /ok"',
    async breakTrace(fixture) {
      const [one, other] = [await get('ok', 1)(fixture), await get('ok', 1)({ ...fixture, frontend: fixture.stock })];
      return { ...one, spans: [...one.spans, ...other.spans] };
    },
  },
  {
    what: 'the JSON of a response, not read with readTraces',
    notInStore: true,
    finds: ['not-judged'],
    names: 'could not be checked',
    async breakTrace(fixture) {
      const { traceId } = await get('ok', 1)(fixture);
      return (await fetch(`${fixture.store.url}/api/v3/traces/${traceId}`)).json() as Promise<Trace>;
    },
  },
];
