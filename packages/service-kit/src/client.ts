import { isIdempotent, problem, successOf, type AnswerOf, type Api, type CallOf, type Route, type Routes } from '@waymark/contracts';
import { traceRequests, type TracedRequest } from '@waymark/tracing';
import { Agent, interceptors, type Dispatcher } from 'undici';
import { remainingMs, TIMEOUT_HEADER } from './deadline.ts';
import { Problem } from './problem.ts';

/** One function per route of the contract: takes the request's parts, gives the body of the success answer. */
export type Client<A extends Api> = {
  [K in keyof A['routes']]: (call: CallOf<A['routes'][K]>) => Promise<AnswerOf<A['routes'][K]>>;
};

/** The longest that one call may take, its retries included, in milliseconds. */
const LONGEST = 10_000;
/** The most of an answer that is read, in bytes. */
const LARGEST_ANSWER = 4 * 1024 * 1024;

/** Connections to the other services: traced innermost, so that each retry is a span of its own. */
const dispatcher = new Agent({ connections: 64, pipelining: 1, connect: { timeout: 3_000 }, maxResponseSize: LARGEST_ANSWER }).compose(
  traceRequests(),
  interceptors.retry({ throwOnError: false, maxRetries: 2, minTimeout: 50, maxTimeout: 500, statusCodes: [502, 503] }),
);

/**
 * A typed client from a contract. A call fails with a `Problem`: the other service's own, `unavailable` if it cannot be reached,
 * `deadline_exceeded` if the time runs out. Only idempotent routes are retried; the deadline is passed on.
 */
export function clientOf<R extends Routes>(api: Api<R>, baseUrl: string): Client<Api<R>> {
  const calls = Object.entries(api.routes).map(([name, route]) => [name, (call: Call) => send(api.service, baseUrl, route, call)]);
  return Object.fromEntries(calls) as Client<Api<R>>;
}

/** Closes the idle connections to other services. */
export async function closeClients(): Promise<void> {
  await dispatcher.close();
}

interface Call {
  params?: Record<string, string>;
  query?: Record<string, string | number | undefined>;
  headers?: Record<string, string>;
  body?: unknown;
}

async function send(service: string, baseUrl: string, route: Route, call: Call = {}): Promise<unknown> {
  const ms = Math.floor(Math.min(LONGEST, remainingMs()));
  if (ms <= 0) throw deadlineExceeded(service);
  const end = performance.now() + ms;
  const options: Dispatcher.RequestOptions & TracedRequest & { retryOptions: object } = {
    origin: baseUrl,
    path: pathOf(route, call),
    method: route.method,
    urlTemplate: route.path,
    headers: {
      ...call.headers,
      ...(route.body && { 'content-type': 'application/json' }),
      accept: 'application/json',
      // Read for each attempt anew.
      get [TIMEOUT_HEADER]() {
        return String(Math.max(1, Math.floor(end - performance.now())));
      },
    },
    body: route.body ? JSON.stringify(route.body.parse(call.body)) : null,
    signal: AbortSignal.timeout(ms),
    retryOptions: isIdempotent(route) ? { methods: [route.method] } : { methods: [] },
  };
  const { status, text } = await exchange(service, options);
  return answer(service, route, status, text);
}

function pathOf(route: Route, { params = {}, query = {} }: Call): string {
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
  const search = new URLSearchParams(
    Object.entries(query).flatMap(([name, value]) => (value == null ? [] : [[name, String(value)] as [string, string]])),
  );
  return search.size > 0 ? `${path}?${search.toString()}` : path;
}

async function exchange(service: string, options: Dispatcher.RequestOptions): Promise<{ status: number; text: string }> {
  try {
    const response = await dispatcher.request(options);
    return { status: response.statusCode, text: await response.body.text() };
  } catch (error) {
    if ((error as Error).name === 'TimeoutError') throw deadlineExceeded(service, error);
    throw new Problem(503, 'unavailable', `The ${service} service cannot be reached.`, {}, { cause: error });
  }
}

function answer(service: string, route: Route, status: number, text: string): unknown {
  const success = successOf(route);
  const json = text === '' ? undefined : parseJson(text);
  if (status === success.status) {
    const parsed = success.body.safeParse(json);
    if (parsed.success) return parsed.data;
    throw new Problem(
      503,
      'unavailable',
      `The ${service} service answered in a form that its contract does not have.`,
      {},
      { cause: parsed.error },
    );
  }
  const refused = problem.safeParse(json);
  if (!refused.success) throw new Problem(503, 'unavailable', `The ${service} service answered ${status} without saying why.`);
  const { code, detail, errors } = refused.data;
  // Another service's own failure is not ours to explain: to the caller it is a part of the shop that is not available.
  if (status >= 500 && status !== 504) throw new Problem(503, 'unavailable', `The ${service} service is not available now.`);
  throw new Problem(status, code, detail, errors ? { errors } : {});
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function deadlineExceeded(service: string, cause?: unknown): Problem {
  return new Problem(504, 'deadline_exceeded', `The ${service} service did not answer in time.`, {}, { cause });
}
