import { randomBytes, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { problem, type Order } from '@waymark/contracts';
import type { Span } from '@waymark/trace-model';
import { isComplete, tracesFrom, type CompleteTrace } from '@waymark/trace-testing';
import '@waymark/trace-testing/jest';
import { ownTraces, type OwnTrace } from './scenarios/own-traces.ts';
import { misdescribed } from './scenarios/required-attributes.ts';
import type { Scenario, Visitors } from './scenarios/scenario.ts';
import { scenarios } from './scenarios/scenarios.ts';
import type { Own } from './scenarios/story.ts';
import { logOf, wholeLogOf } from './shop/logs.ts';
import { describeNeeding, shopHas } from './shop/needing.ts';
import { shopUnderTest } from './shop/shop-under-test.ts';
import { Shopper, type Answer } from './shop/shopper.ts';

const { gateway, traces: tracesUrl, logs } = shopUnderTest();
const traces = tracesFrom(tracesUrl);
const SERVICES = ['gateway', 'auth', 'order', 'inventory'];
/** Longer than any order takes here. */
const PATIENCE_MS = 40_000;

let visitors: Promise<Visitors>;
const asked = new Map<Scenario, Promise<Answer>>();

async function logInAll(): Promise<Visitors> {
  const [stranger, demo, ada] = [new Shopper(gateway), new Shopper(gateway), new Shopper(gateway)];
  await Promise.all([demo.logIn(), ada.logIn('ada@waymark.test')]);
  return { stranger, demo, ada, somebody: () => new Shopper(gateway) };
}

/** All requests are made at once, as they come to a shop; the tests then look at one after the other. */
beforeAll(async () => {
  visitors = logInAll();
  for (const scenario of scenarios.filter(canRun)) asked.set(scenario, visitors.then(scenario.ask));
  await Promise.allSettled(asked.values());
}, 120_000);

const canRun = ({ needs }: Pick<Scenario, 'needs'>): boolean => shopHas(needs);
const answerTo = (scenario: Scenario): Promise<Answer> => asked.get(scenario) as Promise<Answer>;

const orderIdOf = async (scenario: Scenario): Promise<string> => ((await answerTo(scenario)).body as Order).id;

/** The trace of a scenario, or one that no shopper began: waited for once. */
const found = new Map<Scenario | OwnTrace, Promise<CompleteTrace>>();
async function traceOf(one: Scenario | OwnTrace): Promise<CompleteTrace> {
  const trace = found.get(one) ?? sourceOf(one).then((source) => traces.of(source, { timeoutMs: PATIENCE_MS }));
  found.set(one, trace);
  return trace;
}

const sourceOf = async (one: Scenario | OwnTrace): Promise<Answer | Own> => ('find' in one ? one.find() : answerTo(one));

const logged = logs ? test : test.skip;

for (const scenario of scenarios) {
  const { title, status, body, headers = {}, order, tree, spans = [], completeness = 'complete', needs } = scenario;
  const [run, why] = describeNeeding(needs);
  run(`${title}${why}`, () => {
    test(`is answered with ${status}, and with the trace`, async () => {
      const answer = await answerTo(scenario);
      expect(answer).toMatchObject({ status, ...(body && { body }) });
      expect(answer.headers.get('traceresponse')).toMatch(new RegExp(`^00-${answer.traceId}-[0-9a-f]{16}-03$`));
      expect(answer.headers.get('server-timing')).toBe(`traceparent;desc="${answer.headers.get('traceresponse')}"`);
      expect(Object.fromEntries(answer.headers)).toMatchObject(headers);
      if (status >= 400) expectProblem(answer);
    });

    test('leaves a complete trace: these spans, each in its place, and no errors but these', async () => {
      const trace = await traceOf(scenario);
      expect(trace).toMatchTree(tree);
      expect(trace).toHaveSpan({ status: 'ERROR' }, { exactly: tree.match(/ ERROR\b/g)?.length ?? 0 });
      expect(isComplete(trace).pass).toBe(completeness === 'complete');
      expect(trace.completeness).toMatchObject({ state: completeness, missing: [], undeclared: [] });
    });

    test('says on each span what there is to say', async () => {
      const trace = await traceOf(scenario);
      expect(trace.spans.flatMap(misdescribed)).toEqual([]);
      for (const span of spans) expect(trace).toHaveSpan(span);
    });

    if (order) {
      test('ends as it should', async () => {
        expect(await (await visitors).demo.ended(await orderIdOf(scenario))).toMatchObject(order);
      });
    }

    logged(`is logged by each service with the trace’s ids${logs ? '' : ' (skipped: SHOP_LOGS is not set)'}`, async () => {
      await expectLogged(await traceOf(scenario));
    });
  });
}

for (const own of ownTraces) {
  const [run, why] = describeNeeding(own.needs);
  run(`${own.title}${why}`, () => {
    test('is a complete trace of its own, linked to where it came from', async () => {
      const trace = await traceOf(own);
      expect(trace).toMatchTree(own.tree);
      expect(trace).toHaveNoErrors();
      expect(trace).toBeComplete();
      expect(trace.completeness).toMatchObject({ by: 'manifest', undeclared: [] });
      expect(trace.spans.flatMap(misdescribed)).toEqual([]);
      for (const traceId of (await own.find()).linkedTo) expect(trace).toLinkTo({ traceId });
    });
  });
}

describe('all requests together', () => {
  test('leave no password, token or e-mail on a span or in a log line', async () => {
    const { demo, ada } = await visitors;
    const spans = JSON.stringify(await seen(), (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
    const lines = logs ? (await Promise.all(SERVICES.map(wholeLogOf))).join('\n') : '';
    for (const secret of [demo.token, ada.token, 'waymark.test', 'hunter2', 'Bearer ', 'x'.repeat(43), 'postgres://']) {
      expect(spans).not.toContain(secret);
      expect(lines).not.toContain(secret);
    }
  });

  test.each(SERVICES)('show of %s the spans that its README lists, and no others', async (service) => {
    const listed = await spansIn(new URL(`../../services/${service}/README.md`, import.meta.url));
    const emitted = (await seen()).filter((span) => span.service === service).map(({ kind, name }) => `${kind} ${name}`);
    const rare = [...scenarios, ...ownTraces].every(canRun) ? [] : listed.filter((span) => !emitted.includes(span));
    expect([...new Set([...emitted, ...rare])].toSorted()).toEqual(listed.toSorted());
  });
});

test('health checks are answered, and leave no trace', async () => {
  for (const path of ['/healthz', '/readyz']) expect((await fetch(gateway + path)).status).toBe(200);
  await traces.of(await (await visitors).stranger.call('GET', '/v1/products'));
  const { data } = (await (await fetch(`${tracesUrl}/api/operations?service=gateway`)).json()) as { data: { name: string }[] };
  const names = data.map(({ name }) => name);
  expect(names).toContain('GET /v1/products');
  expect(names.filter((name) => name.includes('/healthz') || name.includes('/readyz'))).toEqual([]);
});

test.each(['00', '01', '03'])(
  'a caller decides nothing about tracing: with the flags %s, too, the order is a trace of its own',
  async (flags) => {
    const caller = randomBytes(16).toString('hex');
    const { demo } = await visitors;
    const headers = { traceparent: `00-${caller}-00f067aa0ba902b7-${flags}`, tracestate: 'vendor=hunter2' };
    const answer = await demo.place('desk-lamp', 1, randomUUID(), headers);
    expect(answer).toMatchObject({ status: 201 });
    expect(answer.traceId).not.toBe(caller);

    const trace = await traces.of(answer, { timeoutMs: PATIENCE_MS });
    expect(trace).toBeComplete();
    expect(trace).toLinkTo({ traceId: caller });
    expect(trace).toHaveSpan({ service: 'inventory', kind: 'SERVER' });
    expect(trace.spans.filter(({ traceState }) => traceState)).toEqual([]);
    expect(await traces.now(caller)).toMatchObject({ spans: [] });
  },
);

async function seen(): Promise<Span[]> {
  const all = await Promise.all([...scenarios, ...ownTraces].filter(canRun).map(traceOf));
  return all.flatMap(({ spans }) => spans);
}

/** The spans that a README lists: kind and names, the first columns of the table under "## Spans". */
async function spansIn(readme: URL): Promise<string[]> {
  const [, section = ''] = (await readFile(readme, 'utf8')).split('## Spans\n');
  return section.split('\n').flatMap((row) => {
    const [, kind = '', names = ''] = row.split('|').map((cell) => cell.trim());
    return [...names.matchAll(/`([^`]+)`/g)].map(([, name]) => `${kind} ${name}`);
  });
}

function expectProblem({ headers, body, status, traceId }: Answer): void {
  expect(headers.get('content-type')).toMatch(/^application\/problem\+json/);
  expect(problem.parse(body)).toMatchObject({ status, traceId, title: expect.any(String), detail: expect.any(String) });
}

async function expectLogged({ traceId, spans }: CompleteTrace): Promise<void> {
  for (const { service, spanId, attributes } of spans.filter(({ kind }) => kind === 'SERVER')) {
    const lines = await logOf(service, traceId, (sofar) => sofar.some((line) => line['span_id'] === spanId));
    const status = Number(attributes['http.response.status_code']);
    expect(lines).toContainEqual(expect.objectContaining({ service, trace_id: traceId, span_id: spanId, status }));
  }
}
