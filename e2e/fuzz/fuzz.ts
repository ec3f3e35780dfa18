import { commonErrors, problem, routelessErrors, successOf, type Route } from '@waymark/contracts';
import { until } from '@waymark/service-kit/testing/until';
import { tracesFrom } from '@waymark/trace-testing';
import fc from 'fast-check';
import { Agent, request, type Dispatcher } from 'undici';
import { requestsTo, type FuzzedRequest } from './requests.ts';
import type { Known } from './values.ts';

/** A route of a running service. */
export interface Target {
  service: string;
  route: Route;
  url: string;
  known: Known;
  /** The secret that requests must be signed with, if only services may call the route. */
  secret: string | undefined;
}

/** What the requests to one route led to. */
export interface Report {
  requests: number;
  valid: number;
  /** Answers by status. */
  statuses: Map<number, number>;
  /** Answers 503 `overloaded` with `Retry-After`. */
  shed: number;
  /** Answers whose span is in the trace store. */
  traced: number;
  /** What is wrong, each with the smallest request that shows it. */
  faults: string[];
}

export interface Wish {
  count: number;
  seed: number;
  /** The URL of the trace store's UI. */
  traces: string;
  signal?: AbortSignal;
}

const AT_ONCE = 12;
const SHRINK_MS = 15_000;
/** The trace store forgets the oldest traces, so they are looked up soon. */
const CHUNK = 240;
const TRACE_MS = 20_000;
/** The shop's own limit is 10 s. */
const LONGEST_MS = 15_000;

interface Answered {
  status: number;
  traceId: string;
  spanId: string;
  isShed: boolean;
  fault: string | undefined;
}

/** Sends random requests to a route, and checks each answer against the contract and the trace store. */
export async function fuzz(target: Target, { count, seed, traces, signal }: Wish): Promise<Report> {
  const { route, known, secret } = target;
  const report: Report = { requests: 0, valid: 0, statuses: new Map(), shed: 0, traced: 0, faults: [] };
  const arbitrary = requestsTo(route, known, secret);
  const all = fc.sample(arbitrary, { numRuns: count, seed });
  const agent = new Agent({ connections: AT_ONCE });
  const faulty: { at: number; fault: string }[] = [];
  try {
    for (let from = 0; from < all.length; from += CHUNK) {
      if (signal?.aborted) break;
      const chunk = all.slice(from, from + CHUNK);
      const answers = await inParallel(chunk, (one) => send(target, one, agent));
      answers.forEach(({ fault }, at) => fault !== undefined && faulty.push({ at: from + at, fault }));
      await lookUp(report, answers, traces);
      for (const { status, isShed } of answers) {
        report.statuses.set(status, (report.statuses.get(status) ?? 0) + 1);
        if (isShed) report.shed += 1;
      }
      report.requests += chunk.length;
      report.valid += chunk.filter(({ isValid }) => isValid).length;
    }
    const [first] = faulty;
    if (first !== undefined) {
      const shrunk = await smallest(target, arbitrary, seed, first.at, agent);
      const shown = shrunk ?? `${first.fault} (not when it was sent again): ${describe(all[first.at] as FuzzedRequest)}`;
      report.faults.push(`${faulty.length} of ${report.requests} answers are wrong (seed ${seed}). ${shown}`);
    }
    return report;
  } finally {
    await agent.destroy();
  }
}

async function inParallel<In, Out>(items: readonly In[], run: (item: In) => Promise<Out>): Promise<Out[]> {
  const results: Out[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let at = next++; at < items.length; at = next++) results[at] = await run(items[at] as In);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return results;
}

/** Repeats a faulty request and makes it smaller as long as the answer stays wrong. Undefined if it is right now. */
async function smallest(
  target: Target,
  arbitrary: fc.Arbitrary<FuzzedRequest>,
  seed: number,
  at: number,
  agent: Agent,
): Promise<string | undefined> {
  const end = performance.now() + SHRINK_MS;
  const property = fc.asyncProperty(arbitrary, async (one) => {
    const fault = performance.now() < end ? (await send(target, one, agent)).fault : undefined;
    if (fault !== undefined) throw new Error(fault);
  });
  const found = await fc.check(property, { seed, path: String(at), numRuns: 1 });
  const [one] = found.counterexample ?? [];
  return one && `${(found.errorInstance as Error).message}: ${describe(one)}`;
}

const describe = ({ method, path, headers, body }: FuzzedRequest): string =>
  `${method} ${path} ${JSON.stringify(headers)} ${JSON.stringify(body?.toString('latin1').slice(0, 400) ?? '')}`;

async function send({ route, url }: Target, sent: FuzzedRequest, dispatcher: Agent): Promise<Answered> {
  try {
    const answer = await request(url + sent.path, {
      method: sent.method,
      headers: sent.headers,
      body: sent.body ?? null,
      dispatcher,
      signal: AbortSignal.timeout(LONGEST_MS),
    });
    const text = await answer.body.text();
    const [, traceId = '', spanId = ''] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-/.exec(String(answer.headers['traceresponse'])) ?? [];
    const seen = { status: answer.statusCode, headers: answer.headers, text };
    const isShed = seen.status === 503 && answer.headers['retry-after'] !== undefined && text.includes('"overloaded"');
    const named = traceId !== '' && answer.headers['x-trace-id'] === traceId;
    return { status: seen.status, traceId, spanId, isShed, fault: named ? faultOf(route, sent, seen) : 'the answer names no trace' };
  } catch (error) {
    return { status: 0, traceId: '', spanId: '', isShed: false, fault: `no answer: ${(error as Error).message}` };
  }
}

type Seen = { status: number; headers: Dispatcher.ResponseData['headers']; text: string };

/** How an answer differs from the contract. */
function faultOf(route: Route, { isValid }: FuzzedRequest, { status, headers, text }: Seen): string | undefined {
  const success = successOf(route);
  const type = [headers['content-type']].flat()[0]?.split(';')[0];
  if (status === success.status) {
    if (!isValid) return `an invalid request was answered with ${status}`;
    if (text === '') return success.body.safeParse(undefined).success ? undefined : `${status} without a body`;
    const parsed = success.body.safeParse(JSON.parse(text));
    return parsed.success && type === 'application/json' ? undefined : `${status} with another body than in the contract: ${text}`;
  }
  const parsed = type === 'application/problem+json' ? problem.safeParse(JSON.parse(text)) : undefined;
  if (!parsed?.success) return `${status} without a problem document: ${text}`;
  const { code, traceId, status: inBody } = parsed.data;
  if (inBody !== status || traceId !== headers['x-trace-id']) return `${status} with a problem document of another answer: ${text}`;
  const sets: readonly Readonly<Record<number, readonly string[] | undefined>>[] = [route.errors ?? {}, commonErrors, routelessErrors];
  if (!sets.some((set) => set[status]?.includes(code))) return `${status} ${code}, which the contract does not have`;
  if (status >= 500 && !(code === 'overloaded' && headers['retry-after'] !== undefined)) return `${status} ${code}`;
  const isRefused = code === 'invalid_request' || [400, 405, 413, 415, 417, 431].includes(status);
  return isValid && isRefused ? `a valid request was answered with ${status} ${code}: ${text}` : undefined;
}

/** Counts the answers whose SERVER span arrives in the store. */
async function lookUp(report: Report, answers: readonly Answered[], url: string): Promise<void> {
  const traces = tracesFrom(url);
  const named = answers.filter(({ traceId }) => traceId !== '');
  const arrived = await inParallel(named, ({ traceId, spanId }) =>
    until(
      () => traces.now(traceId),
      ({ spans }) => spans.some((span) => span.spanId === spanId),
      `the span ${spanId} of trace ${traceId}`,
      TRACE_MS,
    ).then(
      () => undefined,
      (error: unknown) => (error as Error).message.split(';')[0],
    ),
  );
  const missing = arrived.filter((fault) => fault !== undefined);
  report.traced += named.length - missing.length;
  if (missing[0] !== undefined) report.faults.push(`${missing.length} traces did not arrive. ${missing[0]}`);
}
