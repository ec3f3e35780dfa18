import { setTimeout as delay } from 'node:timers/promises';
import { isIdempotent, problem, successOf, type AnswerOf, type Api, type CallOf, type Route, type Routes } from '@waymark/contracts';
import { outside } from '@waymark/context';
import { traceRequests, type TracedRequest } from '@waymark/tracing/undici';
import { BrokenCircuitError, circuitBreaker, handleWhen, SamplingBreaker, type CircuitBreakerPolicy } from 'cockatiel';
import { Agent, type Dispatcher } from 'undici';
import { deadlineExceeded, deadlineSignal, remainingMs, TIMEOUT_HEADER } from './deadline.ts';
import { atCall } from './faults.ts';
import { signature, SIGNATURE_HEADER } from './internal.ts';
import { Problem } from './problem.ts';

/** One function per route of the contract. It takes the parts of the request and returns the body of the success response. */
export type Client<A extends Api> = {
  [K in keyof A['routes']]: (call: CallOf<A['routes'][K]>) => Promise<AnswerOf<A['routes'][K]>>;
};

/** The longest time that one call may take, including its retries, in milliseconds. */
const LONGEST = 10_000;
/** The largest response body, in bytes. */
const LARGEST_ANSWER = 4 * 1024 * 1024;

/** The delay before each retry, in milliseconds ±25 %. Together the delays are longer than the restart of a service. */
const RETRY_AFTER = [300, 1_700];
/** Retries are at most a fifth of all calls, plus a small reserve: a service that is down must not get three times the load. */
const RETRY_SHARE = 0.2;
const RETRY_SPARE = 20;

/** How long an open circuit rejects calls before it lets one through, in milliseconds. */
const OPEN_MS = 2_000;
/** A timeout opens the circuit only if the other service had at least this long to answer, in milliseconds. */
const FAIR_MS = 1_000;

/** Sockets outlive the request that opened them, so they are opened outside its context. */
const dispatchOutside: Dispatcher.DispatcherComposeInterceptor = (dispatch) => (options, handler) =>
  outside(() => dispatch(options, handler));

/** How old a connection may become, in milliseconds. Only a new connection asks the DNS for the address, and so finds new and moved replicas. */
const OLDEST_CONNECTION = 30_000;

/** The connections to the other services. */
const agent = new Agent({
  connections: 64,
  pipelining: 1,
  connect: { timeout: 3_000 },
  clientTtl: OLDEST_CONNECTION,
  maxResponseSize: LARGEST_ANSWER,
});
const dispatcher = agent.compose(dispatchOutside, traceRequests());

/**
 * Creates a typed client from a contract. A call fails with a `Problem`: the one that the other service returned, `upstream_unavailable` if
 * it cannot be reached, `upstream_failed` if it fails, or `deadline_exceeded` if time runs out. Calls pass the deadline on. Only the hop that
 * failed is retried, only on idempotent routes, and within a budget. A failure further upstream was already retried there. While a service
 * keeps failing, calls are rejected without being sent.
 * @param secret signs the requests, if the service accepts only requests from other services
 */
export function clientOf<R extends Routes>(api: Api<R>, baseUrl: string, secret = ''): Client<Api<R>> {
  const upstream = new Upstream(api.service, baseUrl, secret);
  const calls = Object.entries(api.routes).map(([name, route]) => [name, (call: Call) => upstream.call(name, route, call)]);
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

/** The hop itself failed: the other service could not be reached, or said that it is unavailable. */
class HopFailed extends Error {
  override readonly name = 'HopFailed';
  readonly wasSent: boolean;
  constructor(message: string, wasSent: boolean, options?: ErrorOptions) {
    super(message, options);
    this.wasSent = wasSent;
  }
}

/** No response arrived in time. */
class TimedOut extends Error {
  override readonly name = 'TimedOut';
  readonly isFair: boolean;
  constructor(ms: number, cause: unknown) {
    super(`no answer within ${ms} ms`, { cause });
    this.isFair = ms >= FAIR_MS;
  }
}

/** Calls one service: knows its address, its circuit breaker and its retry budget. */
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

  async call(name: string, route: Route, call: Call = {}): Promise<unknown> {
    const end = performance.now() + Math.min(LONGEST, remainingMs());
    this.#retries = Math.min(RETRY_SPARE, this.#retries + RETRY_SHARE);
    let wasSent = false;
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await this.#circuit.execute(() => this.#send(name, route, call, attempt, end));
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
  async #send(name: string, route: Route, call: Call, attempt: number, end: number): Promise<unknown> {
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
      const broken = await atCall(`${this.#service}.${name}`);
      const response = await (broken
        ? broken.mark(() => agent.compose(broken.breakWire, dispatchOutside, traceRequests()).request(options))
        : dispatcher.request(options));
      return answer(this.#service, route, response.statusCode, response.headers, await response.body.text());
    } catch (error) {
      if (error instanceof Problem || error instanceof HopFailed) throw error;
      if (timeout.aborted) throw new TimedOut(ms, error);
      if (cut?.aborted) throw deadlineExceeded(`The ${this.#service} service`, error);
      if (codeOf(error) === 'UND_ERR_RES_EXCEEDED_MAX_SIZE')
        throw upstreamFailed(`The response of the ${this.#service} service is too large.`, error);
      throw new HopFailed(`The ${this.#service} service cannot be reached.`, !NOT_SENT.has(codeOf(error)), { cause: error });
    }
  }

  #problemOf(error: unknown, wasSent: boolean): unknown {
    const notSent = wasSent ? {} : { notSent: true };
    if (error instanceof TimedOut) return deadlineExceeded(`The ${this.#service} service`, error.cause);
    if (error instanceof HopFailed)
      return new Problem(503, 'upstream_unavailable', error.message, notSent, { cause: error.cause ?? error });
    if (!(error instanceof BrokenCircuitError)) return error;
    const detail = `The ${this.#service} service keeps failing; try again in 2 seconds.`;
    return new Problem(503, 'upstream_unavailable', detail, { ...notSent, headers: { 'retry-after': '2' } }, { cause: error });
  }
}

/** After these errors, the request cannot have reached the other service. */
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
 * Returns the body of a success response.
 * @throws {Problem} the one that the other service returned, or 502 `upstream_failed` if it failed or broke its contract
 * @throws {HopFailed} if the other service is unavailable
 */
function answer(service: string, route: Route, status: number, headers: Dispatcher.ResponseData['headers'], text: string): unknown {
  const success = successOf(route);
  const json = text === '' ? undefined : parseJson(text);
  if (status === success.status) {
    const parsed = success.body.safeParse(json);
    if (parsed.success) return parsed.data;
    throw upstreamFailed(`The response of the ${service} service does not match its contract.`, parsed.error);
  }
  const refused = problem.safeParse(json);
  if (!refused.success) {
    // A proxy answers this way while the service behind it restarts.
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
