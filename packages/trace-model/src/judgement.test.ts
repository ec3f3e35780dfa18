import { expect, test } from '@jest/globals';
import { judge } from './judgement.ts';
import { http, messaging, span, time, trace, type SpanParts } from './testing/span.ts';
import { verdict } from './verdict.ts';

const BEGAN_MS = Number(time(0) / 1_000_000n);
const size = (spans: number, more = {}) => ({ 'waymark.segment.spans': BigInt(spans), ...more });

/** Judges the trace of these spans some milliseconds after it began. */
function judged(spans: readonly SpanParts[], afterMs = 60_000) {
  const one = trace(...spans.map(span));
  const judgement = judge(one, BEGAN_MS + afterMs);
  return { ...judgement, says: judgement.completeness.sentence, line: verdict(one, judgement) };
}

const refused = (n: number, at: number): SpanParts => ({
  n,
  parent: 3,
  service: 'order',
  kind: 'CLIENT',
  name: 'POST /reservations',
  ms: [at, at + 1],
  status: { code: 'ERROR', message: 'connect ECONNREFUSED 127.0.0.1:8083' },
  attributes: {
    'http.request.method': 'POST',
    'url.full': 'http://127.0.0.1:8083/reservations',
    'server.address': '127.0.0.1',
    'server.port': 8083n,
    'waymark.peer.service': 'inventory',
    'error.type': 'ECONNREFUSED',
  },
});
const failed = { 'error.type': 'upstream_unavailable' };

/** gateway calls order, which cannot reach inventory. */
const DOWN: readonly SpanParts[] = [
  {
    n: 1,
    service: 'gateway',
    kind: 'SERVER',
    name: 'POST /v1/orders',
    ms: [0, 100],
    error: true,
    attributes: { ...http.server(503), ...failed, ...size(2) },
  },
  {
    n: 2,
    parent: 1,
    service: 'gateway',
    kind: 'CLIENT',
    name: 'POST /orders',
    ms: [1, 99],
    error: true,
    attributes: { ...http.client(503), ...failed, 'waymark.peer.span': '0000000000000003' },
  },
  {
    n: 3,
    parent: 2,
    service: 'order',
    kind: 'SERVER',
    name: 'POST /orders',
    ms: [2, 98],
    error: true,
    attributes: { ...http.server(503), ...failed, ...size(4) },
  },
  refused(4, 10),
  refused(5, 30),
  refused(6, 90),
];

test('the trace of a failed request is complete, and its outcome names the first cause and the attempts', () => {
  const { completeness, outcome, sound, explanation, line } = judged(DOWN);
  expect([completeness.state, outcome.state, outcome.attempts, sound]).toEqual(['complete', 'failed', 3, true]);
  expect(explanation).toBe('Failed: order could not reach inventory (ECONNREFUSED), 3 attempts.');
  expect(line).toBe(
    'complete; failed: order could not reach inventory (ECONNREFUSED), 3 attempts; 6 spans, 2 services, 1 root, no findings',
  );
});

const threw = (message: string): Pick<SpanParts, 'error' | 'events' | 'status'> => ({
  status: { code: 'ERROR', message },
  events: [
    { time: time(5), name: 'exception', attributes: { 'exception.type': 'TypeError', 'exception.message': message }, droppedAttributes: 0 },
  ],
});

test('a handled error is not a failure, and not the cause of a mistake in the program', () => {
  const retried: SpanParts[] = [
    { n: 1, kind: 'SERVER', ms: [0, 50], attributes: { ...http.server(200), ...size(2) } },
    { ...refused(2, 10), parent: 1, service: 'shop' },
  ];
  expect(judged(retried).outcome.state).toBe('ok');
  const broke: SpanParts = {
    ...retried[0]!,
    ...threw('x is undefined'),
    attributes: { ...http.server(500), 'error.type': 'TypeError', ...size(2) },
  };
  expect(judged([broke, retried[1]!]).outcome.sentence).toBe('shop answered `span 1` with 500 (TypeError: x is undefined)');
});

test('a root that answers with 4xx is not a failure', () => {
  expect(judged([{ n: 1, kind: 'SERVER', attributes: { ...http.server(409), ...size(1) } }]).outcome.state).toBe('ok');
});

const job = (attempt: number, more: object = {}) => ({ ...messaging('17'), 'waymark.job.attempt': BigInt(attempt), ...size(1), ...more });
const due = new Date(BEGAN_MS + 20_000).toISOString();
const TRIED: readonly SpanParts[] = [
  { n: 1, kind: 'SERVER', name: 'POST /orders', attributes: { ...http.server(201), ...size(2) } },
  { n: 2, parent: 1, kind: 'PRODUCER', name: 'send fulfil', ms: [5, 6], attributes: messaging('17') },
  {
    n: 3,
    parent: 2,
    kind: 'CONSUMER',
    name: 'process fulfil',
    ms: [10, 30],
    ...threw('x is undefined'),
    attributes: job(1, { 'error.type': 'TypeError', 'waymark.job.next_attempt': 2n, 'waymark.job.next_attempt_at': due }),
  },
];

test('a job that waits for its next attempt is waited for; the verdict says why and until when', () => {
  const { completeness, outcome, findings, line } = judged(TRIED, 13_000);
  expect([completeness.state, outcome.state, findings]).toEqual(['waiting', 'retrying', []]);
  expect(line).toBe(
    'waiting for attempt 2 of fulfil, due in 7 s; retrying: attempt 1 of fulfil: shop `process fulfil` failed (TypeError: x is undefined); 3 spans, 1 service, 1 root, no findings',
  );
  expect(judged(TRIED, 22_000).says).toBe('waiting for attempt 2 of fulfil (due 2 s ago)');
  expect(judged(TRIED, 3_600_000).says).toBe('incomplete: attempt 2 of fulfil (due 59m 40s ago) is missing');
});

test('the last attempt decides the outcome', () => {
  const again = (parts: Partial<SpanParts>): SpanParts => ({
    n: 4,
    parent: 2,
    kind: 'CONSUMER',
    ms: [20_000, 20_010],
    attributes: job(2),
    ...parts,
  });
  expect(judged([...TRIED, again({})]).outcome.state).toBe('ok');
  const gone = judged([
    ...TRIED,
    again({ ...threw('out of paper'), attributes: job(2, { 'waymark.job.dead_letter': true, 'error.type': 'Error' }) }),
  ]);
  expect(gone.outcome).toMatchObject({ state: 'failed', sentence: 'attempt 2 of fulfil: shop `span 4` failed (Error: out of paper)' });
  expect(gone.says).toBe('incomplete: the dead letter of fulfil is missing');
});

test('an attempt is missing if its process was killed', () => {
  const later = { ...TRIED[2]!, status: { code: 'UNSET', message: '' }, events: [], attributes: job(2) } as SpanParts;
  expect(judged([TRIED[0]!, TRIED[1]!, later]).says).toBe(
    'incomplete: attempt 1 of fulfil (its process was killed or lost its spans) is missing',
  );
});

test('spans are waited for as long as an export may take, and until then orphans are not reported', () => {
  const short = DOWN.slice(3);
  expect(judged(short, 2_000)).toMatchObject({ completeness: { state: 'waiting' }, findings: [] });
  expect(judged(short)).toMatchObject({ completeness: { state: 'incomplete' }, sound: false });
});

test('if a call got no answer, the trace is unknown until the server has exported its span', () => {
  const call: SpanParts = {
    ...DOWN[1]!,
    attributes: { 'waymark.peer.unknown': true, 'waymark.peer.service': 'order', 'error.type': 'UND_ERR_SOCKET' },
  };
  const root = { ...DOWN[0]! };
  const { completeness, outcome } = judged([root, call]);
  expect(completeness).toMatchObject({
    state: 'unknown',
    by: 'structure',
    sentence: 'unknown: nobody knows what order did with gateway `POST /orders`, which got no answer',
  });
  expect(outcome.sentence).toBe('gateway `POST /orders` got no answer from order (UND_ERR_SOCKET)');
  expect(judged([root, call, ...DOWN.slice(2)]).completeness.state).toBe('complete');
});

test('if a process was killed, its callers show the first cause, and the parents of some spans are missing', () => {
  const died: SpanParts = {
    ...DOWN[1]!,
    attributes: { 'waymark.peer.unknown': true, 'waymark.peer.service': 'order', 'error.type': 'UND_ERR_SOCKET' },
  };
  const again: SpanParts = { ...died, n: 8, ms: [60, 61], attributes: { 'waymark.peer.service': 'order', 'error.type': 'ECONNREFUSED' } };
  const { completeness, outcome } = judged([
    { ...DOWN[0]!, attributes: { ...DOWN[0]!.attributes, ...size(3) } },
    died,
    again,
    { n: 9, parent: 77, service: 'order', name: 'INSERT orders' },
  ]);
  expect(completeness.sentence).toBe(
    'unknown: nobody knows what order did with gateway `POST /orders`, which got no answer; the span 000000000000004d above order `INSERT orders` is missing',
  );
  expect(outcome.sentence).toBe('gateway `POST /orders` got no answer from order (UND_ERR_SOCKET), 2 attempts');
});

test('the error of a server is not the cause if its caller had given up', () => {
  const gaveUp: SpanParts = { ...DOWN[1]!, attributes: { 'waymark.peer.service': 'order', 'error.type': 'TimeoutError' } };
  const late: SpanParts = { ...DOWN[2]!, attributes: { 'error.type': 'client_gone', ...size(1) } };
  expect(judged([DOWN[0]!, gaveUp, late]).outcome.sentence).toBe('gateway `POST /orders` got no answer from order (TimeoutError)');
  expect(judged([DOWN[0]!, gaveUp, late, refused(4, 10)]).outcome.sentence).toBe('order could not reach inventory (ECONNREFUSED)');
});

test('with a service without a manifest, the trace is complete as far as its structure shows', () => {
  expect(judged([{ n: 1 }])).toMatchObject({ completeness: { state: 'complete', by: 'structure', undeclared: ['shop'] } });
});

test('the explanation of a successful request says where its time went', () => {
  const slow: SpanParts[] = [
    { n: 1, kind: 'SERVER', name: 'GET /a', ms: [0, 100], attributes: { ...http.server(200), ...size(3) } },
    { n: 2, parent: 1, name: 'SELECT x', ms: [10, 40] },
    { n: 3, parent: 1, name: 'SELECT x', ms: [50, 80] },
  ];
  expect(judged(slow).explanation).toBe('60 % of 100 ms went to shop `SELECT x` (2 spans).');
});

test('a value that is not a trace is judged too', () => {
  expect(judge(null as never)).toMatchObject({ sound: false, findings: [{ code: 'not-judged' }] });
});
