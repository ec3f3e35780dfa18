import { setTimeout as delay } from 'node:timers/promises';
import { isIdempotent, problem, successOf, type AnswerOf, type Api, type CallOf, type Route, type Routes } from '@waymark/contracts';
import { outside } from '@waymark/tracing';
import { traceRequests, type TracedRequest } from '@waymark/tracing/undici';
import { BrokenCircuitError, circuitBreaker, handleWhen, SamplingBreaker, type CircuitBreakerPolicy } from 'cockatiel';
import { Agent, type Dispatcher } from 'undici';
import { deadlineExceeded, deadlineSignal, remainingMs, TIMEOUT_HEADER } from './deadline.ts';
import { signature, SIGNATURE_HEADER } from './internal.ts';
import { Problem } from './problem.ts';

/** One function per route of the contract: takes the request's parts, gives the body of the success answer. */
export type Client<A extends Api> = {
  [K in keyof A['routes']]: (call: CallOf<A['routes'][K]>) => Promise<AnswerOf<A['routes'][K]>>;
};

/** The longest that one call may take, its retries included, in milliseconds. */
const LONGEST = 10_000;
/** The largest answer that is read, in bytes. */
const LARGEST_ANSWER = 4 * 1024 * 1024;

/** Before each retry, in milliseconds and ±25 %. Together they outlast the restart of a service. */
const RETRY_AFTER = [300, 1_700];
/** Retries are at most a fifth of all calls, with some to spare: a service that is down must not get three times the load. */
const RETRY_SHARE = 0.2;
const RETRY_SPARE = 20;

/** How long an open circuit rejects calls before one is let through, in milliseconds. */
const OPEN_MS = 2_000;
/** A time-out counts against the other service only if it had this long to answer, in milliseconds. */
const FAIR_MS = 1_000;

/** Sockets outlive the request that opened them, so they are made outside of its context. */
const dispatchOutside: Dispatcher.DispatcherComposeInterceptor = (dispatch) => (options, handler) =>
  outside(() => dispatch(options, handler));

/** Connections to the other services. */
const dispatcher = new Agent({ connections: 64, pipelining: 1, connect: { timeout: 3_000 }, maxResponseSize: LARGEST_ANSWER }).compose(
  dispatchOutside,
  traceRequests(),
);

/**
 * A typed client from a contract. A call fails with a `Problem`: the other service's own; `upstream_unavailable` if it cannot be reached,
 * `upstream_failed` if it fails; `deadline_exceeded` if time runs out. The deadline is passed on. Only the hop that failed is retried, only on idempotent routes,
 * and within a budget: what the other service says of a service behind it was retried there. While a service keeps failing, calls are
 * rejected without being sent.
 * @param secret what requests are signed with, if the service takes only those of other services
 */
export function clientOf<R extends Routes>(api: Api<R>, baseUrl: string, secret = ''): Client<Api<R>> {
  const upstream = new Upstream(api.service, baseUrl, secret);
  const calls = Object.entries(api.routes).map(([name, route]) => [name, (call: Call) => upstream.call(route, call)]);
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

/** The hop itself failed: the other service could not be reached, or said that it cannot work now. */
class HopFailed extends Error {
  override readonly name = 'HopFailed';
  readonly wasSent: boolean;
  constructor(message: string, wasSent: boolean, options?: ErrorOptions) {
    super(message, options);
    this.wasSent = wasSent;
  }
}

/** No answer came in time. */
class TimedOut extends Error {
  override readonly name = 'TimedOut';
  readonly isFair: boolean;
  constructor(ms: number, cause: unknown) {
    super(`no answer within ${ms} ms`, { cause });
    this.isFair = ms >= FAIR_MS;
  }
}

/** One service as its callers see it: how to reach it, and whether it is worth trying. */
class Upstream {
  readonly #service: string;
  readonly #baseUrl: string;
  readonly #secret: string;
  readonly #circuit: CircuitBreakerPolicy;
  #retries = RETRY_SPARE;

  constructor(service: string, baseUrl: string, secret: string) {
    this.#service = service;
    this.#secret = secret;
    this.#baseUrl = baseUrl;
    this.#circuit = circuitBreaker(
      handleWhen((error) => error instanceof HopFailed || (error instanceof TimedOut && error.isFair)),
      { halfOpenAfter: OPEN_MS, breaker: new SamplingBreaker({ threshold: 0.5, duration: 5_000, minimumRps: 2 }) },
    );
  }

  async call(route: Route, call: Call = {}): Promise<unknown> {
    const end = performance.now() + Math.min(LONGEST, remainingMs());
    this.#retries = Math.min(RETRY_SPARE, this.#retries + RETRY_SHARE);
    let wasSent = false;
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await this.#circuit.execute(() => this.#send(route, call, attempt, end));
      } catch (error) {
        wasSent ||= error instanceof TimedOut || (error instanceof HopFailed && error.wasSent);
        const wait = (RETRY_AFTER[attempt] ?? Infinity) * (0.75 + Math.random() / 2);
        const retries = error instanceof HopFailed && isIdempotent(route) && wait < end - performance.now() && this.#takeRetry();
        if (!retries) throw this.#problemOf(error, wasSent);
        await delay(wait, undefined, { signal: deadlineSignal() }).catch((cut: unknown) => {
          throw deadlineExceeded(`The ${this.#service} service`, cut);
        });
      }
    }
  }

  #takeRetry(): boolean {
    if (this.#retries < 1) return false;
    this.#retries -= 1;
    return true;
  }

  /** @throws {HopFailed | TimedOut | Problem} */
  async #send(route: Route, call: Call, attempt: number, end: number): Promise<unknown> {
    const ms = Math.floor(Math.min(end - performance.now(), remainingMs()));
    if (ms <= 0) throw deadlineExceeded(`The ${this.#service} service`);
    const cut = deadlineSignal();
    const timeout = AbortSignal.timeout(ms);
    const path = pathOf(route, call);
    const options: Dispatcher.RequestOptions & TracedRequest = {
      origin: this.#baseUrl,
      path,
      method: route.method,
      urlTemplate: route.path,
      peerService: this.#service,
      resendCount: attempt,
      headers: {
        ...call.headers,
        ...(route.body && { 'content-type': 'application/json' }),
        accept: 'application/json',
        [TIMEOUT_HEADER]: String(ms),
        ...(this.#secret && { [SIGNATURE_HEADER]: signature(this.#secret, route.method, path, call.headers ?? {}) }),
      },
      body: route.body ? JSON.stringify(route.body.parse(call.body)) : null,
      signal: cut ? AbortSignal.any([timeout, cut]) : timeout,
    };
    try {
      const response = await dispatcher.request(options);
      return answer(this.#service, route, response.statusCode, response.headers, await response.body.text());
    } catch (error) {
      if (error instanceof Problem || error instanceof HopFailed) throw error;
      if (timeout.aborted) throw new TimedOut(ms, error);
      if (cut?.aborted) throw deadlineExceeded(`The ${this.#service} service`, error);
      if (codeOf(error) === 'UND_ERR_RES_EXCEEDED_MAX_SIZE')
        throw upstreamFailed(`The answer of the ${this.#service} service is too large.`, error);
      throw new HopFailed(`The ${this.#service} service cannot be reached.`, !NOT_SENT.has(codeOf(error)), { cause: error });
    }
  }

  #problemOf(error: unknown, wasSent: boolean): unknown {
    const notSent = wasSent ? {} : { notSent: true };
    if (error instanceof TimedOut) return deadlineExceeded(`The ${this.#service} service`, error.cause);
    if (error instanceof HopFailed)
      return new Problem(503, 'upstream_unavailable', error.message, notSent, { cause: error.cause ?? error });
    if (!(error instanceof BrokenCircuitError)) return error;
    const detail = `The ${this.#service} service has been failing; it is given a moment to recover.`;
    return new Problem(503, 'upstream_unavailable', detail, { ...notSent, headers: { 'retry-after': '2' } }, { cause: error });
  }
}

/** With these, no request can have reached the other side. */
const NOT_SENT: ReadonlySet<unknown> = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'UND_ERR_CONNECT_TIMEOUT']);

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown } | null)?.code;
}

function pathOf(route: Route, { params = {}, query = {} }: Call): string {
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
  const search = new URLSearchParams(
    Object.entries(query).flatMap(([name, value]) => (value == null ? [] : [[name, String(value)] as [string, string]])),
  );
  return search.size > 0 ? `${path}?${search.toString()}` : path;
}

/**
 * The body of a success answer.
 * @throws {Problem} the other service's own; 502 `upstream_failed` for one that failed, or does not keep to its contract
 * @throws {HopFailed} if it cannot work now
 */
function answer(service: string, route: Route, status: number, headers: Dispatcher.ResponseData['headers'], text: string): unknown {
  const success = successOf(route);
  const json = text === '' ? undefined : parseJson(text);
  if (status === success.status) {
    const parsed = success.body.safeParse(json);
    if (parsed.success) return parsed.data;
    throw upstreamFailed(`The ${service} service gave an answer that does not match its contract.`, parsed.error);
  }
  const refused = problem.safeParse(json);
  if (!refused.success) {
    // Not an answer of ours: a proxy's, for a service that is restarting.
    if (status >= 502 && status <= 504) throw new HopFailed(`The ${service} service is not available now.`, true);
    throw upstreamFailed(`The ${service} service answered ${status} without a problem document.`);
  }
  const { code, detail, errors } = refused.data;
  if (code === 'unavailable') throw new HopFailed(`The ${service} service is not available now.`, true);
  if (status === 500 || code === 'unsigned') throw upstreamFailed(`The ${service} service failed.`);
  const retryAfter = headers['retry-after'];
  throw new Problem(status, code, detail, {
    ...(errors && { errors }),
    ...(typeof retryAfter === 'string' && { headers: { 'retry-after': retryAfter } }),
  });
}

function upstreamFailed(detail: string, cause?: unknown): Problem {
  return new Problem(502, 'upstream_failed', detail, {}, { cause });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
