/** What an order that suffers a fault must come to. */
export interface Expected {
  readonly status: number;
  readonly code?: string;
  /** How the order ends. */
  readonly order?: object;
  /** The verdict, when nothing more can come. */
  readonly verdict: RegExp;
  /** The spans with `waymark.fault`: service, kind and name. Or a service, if each of its spans has it. */
  readonly marked: readonly string[] | string;
  /** The verdict on the other trace in which a part of the work ended up. */
  readonly elsewhere?: RegExp;
  /** The spans with `waymark.fault` in the other trace. */
  readonly markedElsewhere?: readonly string[];
  /** For a fault that does not always do the same: how many spans with an error the documented trace has. */
  readonly errors?: number;
  /** The shortest duration of a span, in milliseconds, by its service, kind and name. */
  readonly atLeastMs?: readonly [span: string, ms: number];
}

const RESERVED = 'inventory SERVER POST /reservations';
const RESERVING = 'order CLIENT POST /reservations';
const FULFILLED = { status: 'fulfilled' };
const SOUND = /^complete: \d+ spans, 4 services, 1 root, no findings$/;

export const EXPECTED: Readonly<Record<string, Expected>> = {
  'auth-slow': {
    status: 201,
    order: FULFILLED,
    verdict: /^complete: 40 spans, 4 services, 1 root, 1 note \(error-hidden\)$/,
    marked: ['auth SERVER POST /introspections', 'auth SERVER POST /introspections'],
    errors: 2,
    atLeastMs: ['auth SERVER POST /introspections', 119],
  },
  'inventory-error': {
    status: 502,
    code: 'upstream_failed',
    verdict: /^complete; failed: inventory answered `POST \/reservations` with 500 \(internal: A fault made this fail\); /,
    marked: [RESERVED],
  },
  'inventory-aborts': {
    status: 503,
    code: 'upstream_unavailable',
    verdict: /^complete; failed: order `POST \/reservations` got no answer from inventory \(.*\), 3 attempts; /,
    marked: [RESERVED, RESERVED, RESERVED],
  },
  'answer-lost': { status: 201, order: FULFILLED, verdict: /^complete: 45 spans, .* 1 note \(error-hidden\)$/, marked: [RESERVED] },
  'order-burns-cpu': {
    status: 201,
    order: FULFILLED,
    verdict: SOUND,
    marked: ['order SERVER POST /orders'],
    atLeastMs: ['order SERVER POST /orders', 150],
  },
  'slow-query': {
    status: 201,
    order: FULFILLED,
    verdict: SOUND,
    marked: ['order CLIENT SELECT pg_sleep'],
    atLeastMs: ['order CLIENT SELECT pg_sleep', 299],
  },
  'slow-network': { status: 201, order: FULFILLED, verdict: SOUND, marked: [RESERVING], atLeastMs: [RESERVING, 149] },
  'inventory-unreachable': {
    status: 503,
    code: 'upstream_unavailable',
    verdict: /^complete; failed: order could not reach inventory \(ECONNREFUSED\), 3 attempts; /,
    marked: [RESERVING, RESERVING, RESERVING],
  },
  'context-dropped': {
    status: 201,
    order: FULFILLED,
    verdict: /^broken: 28 spans, .* 1 error \(context-lost\)$/,
    marked: [RESERVING],
    elsewhere: /^broken: 10 spans, 1 service, 1 root, 1 error \(caller-missing\)/,
  },
  'context-injected-twice': {
    status: 201,
    order: FULFILLED,
    verdict: /^broken: 28 spans, .* 1 error \(context-lost\)$/,
    marked: [RESERVING],
    elsewhere: /^broken: 10 spans, 1 service, 1 root, 1 error \(caller-missing\)/,
  },
  'context-stale': {
    status: 201,
    order: FULFILLED,
    verdict: /^broken: 28 spans, .* 1 error \(context-lost\)$/,
    marked: [RESERVING],
    elsewhere: /^broken: 48 spans, .* \(child-outside-parent\)/,
  },
  'context-lost-in-callback': {
    status: 201,
    order: FULFILLED,
    verdict: /^complete: 6 spans, 3 services, 1 root, no findings$/,
    marked: ['order SERVER POST /orders'],
    elsewhere: /order "POST \/reservations" .* begins this trace: it was made outside of any request/,
    markedElsewhere: [RESERVING],
  },
  'context-borrowed': {
    status: 201,
    order: FULFILLED,
    verdict: SOUND,
    marked: [],
    elsewhere: /segment-outlived/,
    markedElsewhere: ['auth CLIENT SELECT sessions'],
  },
  'context-lost-in-job': {
    status: 201,
    order: FULFILLED,
    verdict: /^incomplete: a consumer of the message that order `send fulfil_order` sent is missing; /,
    marked: ['order PRODUCER send fulfil_order'],
    elsewhere: /^complete: 14 spans, .* \(message-unproduced\)/,
  },
  'job-fails-once': { status: 201, order: FULFILLED, verdict: SOUND, marked: ['order CONSUMER process fulfil_order'] },
  'job-poisoned': {
    status: 201,
    order: { status: 'dead_letter', reason: 'fulfilment_failed' },
    verdict: /^complete; failed: attempt 1 of fulfil_order: .* \(poison_payload: The payload does not match fulfil_order/,
    marked: ['order CONSUMER process fulfil_order'],
  },
  'payment-declined': {
    status: 201,
    order: { status: 'rejected', reason: 'payment_declined' },
    verdict: SOUND,
    marked: ['order INTERNAL charge payment'],
  },
  'exporter-down': {
    status: 201,
    order: FULFILLED,
    verdict: /^incomplete: 9 of the 10 spans of inventory `POST \/reservations`; 6 of the 7 spans of inventory .* are missing; /,
    marked: [RESERVED, 'inventory SERVER POST /reservations/{orderId}/commit'],
  },
  'clock-skewed': {
    status: 201,
    order: FULFILLED,
    verdict: /^complete: 38 spans, 4 services, 1 root, 1 note \(clock-skew\)$/,
    marked: 'inventory',
  },
};
