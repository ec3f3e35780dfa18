import { randomBytes, randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { problem, type Order } from '@waymark/contracts';
import type { Span, Trace } from '@waymark/trace-model';
import { isComplete, tracesFrom, type CompleteTrace } from '@waymark/trace-testing';
import '@waymark/trace-testing/jest';
import { ownTraces, type OwnTrace } from './scenarios/own-traces.ts';
import type { LinkedTrace } from './scenarios/failing-shop.ts';
import { misdescribed } from './scenarios/required-attributes.ts';
import type { Scenario, Shoppers } from './scenarios/scenario.ts';
import { scenarios } from './scenarios/scenarios.ts';
import { catalog, declaredDependencies, dependenciesIn, diagramOf } from './shop/catalog.ts';
import { logOf, wholeLogOf } from './shop/logs.ts';
import { describeNeeding, shopHas } from './shop/needing.ts';
import { shopUnderTest } from './shop/shop-under-test.ts';
import { Shopper, type Answer } from './shop/shopper.ts';
import { traceCommand } from './verdicts/trace-command.ts';

const { gateway, traces: tracesUrl, logs } = shopUnderTest();
const traces = tracesFrom(tracesUrl);
const SERVICES = ['gateway', 'auth', 'order', 'inventory'];
/** Longer than any order takes. */
const TIMEOUT_MS = 40_000;

let shoppers: Shoppers;
const answers = new Map<Scenario, Promise<Answer>>();

/** Flags of a `traceparent`. */
const FLAGS = ['00', '01', '03'];
type OrderFromOutside = { caller: string; answer: Answer };
const fromOutside = new Map<string, Promise<OrderFromOutside>>();

async function logInAll(): Promise<Shoppers> {
  const [anonymous, demo, ada] = [new Shopper(gateway), new Shopper(gateway), new Shopper(gateway)];
  await Promise.all([demo.logIn(), ada.logIn('ada@waymark.test')]);
  return { anonymous, demo, ada, newShopper: () => new Shopper(gateway) };
}

/** More at once, and a slow machine that has just started sheds some of them. */
const AT_ONCE = 16;

/** Sends many requests at the same time, as in a real shop. The tests then check one after the other. */
beforeAll(async () => {
  shoppers = await logInAll();
  for (const flags of FLAGS) fromOutside.set(flags, placeFromOutside(shoppers, flags));
  const rest = scenarios.filter(canRun).values();
  const oneByOne = async (): Promise<void> => {
    for (const scenario of rest) {
      const answer = scenario.ask(shoppers);
      answers.set(scenario, answer);
      await Promise.allSettled([answer]);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, oneByOne));
  await Promise.allSettled(fromOutside.values());
}, 120_000);

/** Whether a shop with all settings is tested: nothing is skipped. */
const areAllHere = [...scenarios, ...ownTraces].every(({ needs }) => shopHas(needs));
const canRun = ({ needs }: Pick<Scenario, 'needs'>): boolean => shopHas(needs);
const answerTo = (scenario: Scenario): Promise<Answer> => answers.get(scenario) as Promise<Answer>;

const orderIdOf = async (scenario: Scenario): Promise<string> => ((await answerTo(scenario)).body as Order).id;

/** Waits for each trace once. */
const found = new Map<Scenario | OwnTrace, Promise<CompleteTrace>>();
async function traceOf(one: Scenario | OwnTrace): Promise<CompleteTrace> {
  const trace = found.get(one) ?? sourceOf(one).then((source) => traces.of(source, { timeoutMs: TIMEOUT_MS }));
  found.set(one, trace);
  return trace;
}

const sourceOf = async (one: Scenario | OwnTrace): Promise<Answer | LinkedTrace> => ('find' in one ? one.find() : answerTo(one));

const DIAGRAM_COMMAND = 'npx -y pnpm@12 --filter @waymark/e2e diagram';

const logged = logs ? test : test.skip;

for (const scenario of scenarios) {
  const { title, status, body, headers = {}, order, tree, spans = [], completeness = 'complete', needs } = scenario;
  const [run, why] = describeNeeding(needs);
  run(`${title}${why}`, () => {
    test(`the response has status ${status} and names the trace`, async () => {
      const answer = await answerTo(scenario);
      expect(answer).toMatchObject({ status, ...(body && { body }) });
      expect(answer.headers.get('traceresponse')).toMatch(new RegExp(`^00-${answer.traceId}-[0-9a-f]{16}-03$`));
      expect(answer.headers.get('server-timing')).toBe(`traceparent;desc="${answer.headers.get('traceresponse')}"`);
      expect(Object.fromEntries(answer.headers)).toMatchObject(headers);
      if (status >= 400) expectProblem(answer);
    });

    test('the trace is complete and has exactly these spans and errors', async () => {
      const trace = await traceOf(scenario);
      expect(trace).toMatchTree(tree);
      expect(trace).toHaveSpan({ status: 'ERROR' }, { exactly: tree.match(/ ERROR\b/g)?.length ?? 0 });
      expect(isComplete(trace).pass).toBe(completeness === 'complete');
      expect(trace.completeness).toMatchObject({ state: completeness, missing: [], undeclared: [] });
    });

    test('each span has its required attributes', async () => {
      const trace = await traceOf(scenario);
      expect(trace.spans.flatMap(misdescribed)).toEqual([]);
      for (const span of spans) expect(trace).toHaveSpan(span);
    });

    if (order) {
      test('the order has the expected final state', async () => {
        expect(await shoppers.demo.ended(await orderIdOf(scenario))).toMatchObject(order);
      });
    }

    logged(`each service logs the request with its trace ids${logs ? '' : ' (skipped: SHOP_LOGS is not set)'}`, async () => {
      await expectLogged(await traceOf(scenario));
    });
  });
}

for (const own of ownTraces) {
  const [run, why] = describeNeeding(own.needs);
  run(`${own.title}${why}`, () => {
    test('the trace is complete and links to its origin', async () => {
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

describe('all requests', () => {
  test('the services depend on what the catalogue says, and on nothing else', async () => {
    const declared = declaredDependencies(await catalog());
    const found = dependenciesIn(await seen());
    const rare = areAllHere ? [] : declared.filter((edge) => !found.includes(edge));
    expect([...found, ...rare].toSorted()).toEqual(declared.toSorted());
  });

  const drawn = areAllHere ? test : test.skip;
  const unlessAll = areAllHere ? '' : ' (skipped: the shop lacks settings)';
  drawn(`ARCHITECTURE.md has the diagram of the traces; \`${DIAGRAM_COMMAND}\` writes it${unlessAll}`, async () => {
    await expectDiagram(await seen());
  });

  test('`trace impact inventory` names the callers, their requests and jobs, owners, people on call and alerts', async () => {
    await seen();
    const file = fileURLToPath(new URL('../../catalog-info.yaml', import.meta.url));
    const out = await traceCommand(['impact', 'inventory', '--url', tracesUrl, '--catalog', file]);
    for (const line of [
      /^inventory +fails +shop +wecom$/m,
      /^gateway .*through order +shop +phone-sms, wecom$/m,
      /^order +calls inventory +shop +wecom$/m,
      /^gateway +POST \/v1\/orders +order +\d+$/m,
      /^order +process fulfil_order +inventory +\d+$/m,
      /^OrdersFail +gateway +https:.*\/docs\/runbooks\/orders-fail\.md$/m,
      /^ServiceDown +inventory, .*\/service-down\.md$/m,
    ])
      expect(out).toMatch(line);
  });

  test('no span or log line contains a password, token or e-mail address', async () => {
    const { demo, ada } = shoppers;
    const spans = JSON.stringify(await seenSpans(), (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
    const lines = logs ? (await Promise.all(SERVICES.map(wholeLogOf))).join('\n') : '';
    for (const secret of [demo.token, ada.token, 'waymark.test', 'hunter2', 'Bearer ', 'x'.repeat(43), 'postgres://']) {
      expect(spans).not.toContain(secret);
      expect(lines).not.toContain(secret);
    }
  });

  test.each(SERVICES)('%s makes exactly the spans that its README lists', async (service) => {
    const listed = await spansIn(new URL(`../../services/${service}/README.md`, import.meta.url));
    const emitted = (await seenSpans()).filter((span) => span.service === service).map(({ kind, name }) => `${kind} ${name}`);
    const rare = areAllHere ? [] : listed.filter((span) => !emitted.includes(span));
    expect([...new Set([...emitted, ...rare])].toSorted()).toEqual(listed.toSorted());
  });
});

test('health checks are not traced', async () => {
  for (const path of ['/healthz', '/readyz']) expect((await fetch(gateway + path)).status).toBe(200);
  await traces.of(await shoppers.anonymous.call('GET', '/v1/products'));
  const { data } = (await (await fetch(`${tracesUrl}/api/operations?service=gateway`)).json()) as { data: { name: string }[] };
  const names = data.map(({ name }) => name);
  expect(names).toContain('GET /v1/products');
  expect(names.filter((name) => name.includes('/healthz') || name.includes('/readyz'))).toEqual([]);
});

test.each(FLAGS)('a traceparent with flags %s from outside does not affect tracing: the order has its own trace', async (flags) => {
  const { caller, answer } = await (fromOutside.get(flags) as Promise<OrderFromOutside>);
  expect(answer).toMatchObject({ status: 201 });
  expect(answer.traceId).not.toBe(caller);

  const trace = await traces.of(answer, { timeoutMs: TIMEOUT_MS });
  expect(trace).toBeComplete();
  expect(trace).toLinkTo({ traceId: caller });
  expect(trace).toHaveSpan({ service: 'inventory', kind: 'SERVER' });
  expect(trace.spans.filter(({ traceState }) => traceState)).toEqual([]);
  expect(await traces.now(caller)).toMatchObject({ spans: [] });
});

async function placeFromOutside({ demo }: Shoppers, flags: string): Promise<OrderFromOutside> {
  const caller = randomBytes(16).toString('hex');
  const headers = { traceparent: `00-${caller}-00f067aa0ba902b7-${flags}`, tracestate: 'vendor=hunter2' };
  return { caller, answer: await demo.place('desk-lamp', 1, randomUUID(), headers) };
}

const seen = async (): Promise<CompleteTrace[]> => Promise.all([...scenarios, ...ownTraces].filter(canRun).map(traceOf));

const seenSpans = async (): Promise<Span[]> => (await seen()).flatMap(({ spans }) => spans);

/** The spans in a README: kind and names, from the first columns of the table under "## Spans". */
async function spansIn(readme: URL): Promise<string[]> {
  const [, section = ''] = (await readFile(readme, 'utf8')).split('## Spans\n');
  return section.split('\n').flatMap((row) => {
    const [, kind = '', names = ''] = row.split('|').map((cell) => cell.trim());
    return [...names.matchAll(/`([^`]+)`/g)].map(([, name]) => `${kind} ${name}`);
  });
}

/** The page has the diagram of these traces. Writes it first if WRITE_DIAGRAM is set. */
async function expectDiagram(all: readonly Trace[]): Promise<void> {
  const file = new URL('../../ARCHITECTURE.md', import.meta.url);
  const page = await readFile(file, 'utf8');
  const current = page.replace(/(?<=^```mermaid\n)[^`]*/m, diagramOf(all));
  if (process.env['WRITE_DIAGRAM']) await writeFile(file, current);
  expect(await readFile(file, 'utf8')).toBe(current);
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
