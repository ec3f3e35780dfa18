// The places at which faults act. Where a deployment allows none, nothing of @waymark/faults is loaded and each place runs its work as it is.
import { AsyncLocalStorage } from 'node:async_hooks';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { inject, outside, withBaggage } from '@waymark/context';
import type { Effect, Faults, Hit, markNext, Place } from '@waymark/faults';
import { annotate, startTracing, type Carrier } from '@waymark/tracing';
import type { Middleware } from 'koa';
import type { PoolClient } from 'pg';
import type { Logger } from 'pino';
import type { Dispatcher } from 'undici';
import { ConfigError } from './config.ts';
import { Problem } from './problem.ts';

interface Allowed {
  faults: Faults;
  markNext: typeof markNext;
  requestedFaults: string;
}

let allowed: Allowed | undefined;

/** The most text that a request can ask for: what baggage may hold. */
const MAX_REQUESTED = 64;

/**
 * Allows faults if FAULTS_FILE names their file. Otherwise nothing can switch one on in this process.
 * @throws {ConfigError} if the file cannot be read or is invalid
 */
export async function allowFaults(service: string, log: Logger): Promise<void> {
  const file = process.env['FAULTS_FILE'];
  if (!file) return;
  const loaded = await import('@waymark/faults');
  const faults = await loaded.Faults.open(file, service, (message) => log.warn(message)).catch((error: unknown) => {
    throw new ConfigError(`FAULTS_FILE names ${file}, which is no valid file of faults:\n${(error as Error).message}`);
  });
  startTracing().extend({ baggage: [loaded.REQUESTED_FAULTS], processors: [faults.spans] });
  allowed = { faults, markNext: loaded.markNext, requestedFaults: loaded.REQUESTED_FAULTS };
  log.warn({ file }, 'faults are allowed: everybody who can reach this service can break their requests. Unset FAULTS_FILE in production');
}

/** The names and titles of the faults that a request can ask for; none if they are not allowed. */
export function availableFaults(): { name: string; title: string }[] {
  return allowed?.faults.all.map(({ name, about }) => ({ name, title: about.title })) ?? [];
}

/** Koa middleware for the entry: the header `x-waymark-fault` names faults, separated by commas, that only this request suffers. */
export const requestFaults: Middleware = (ctx, next) => {
  const header = allowed ? ctx.get('x-waymark-fault') : '';
  if (!allowed || !header) return next();
  const names = header.split(',').map((name) => name.trim());
  const known = availableFaults().map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw malformed(`The fault "${unknown}" does not exist. There are: ${known.join(', ')}.`);
  if (names.join().length > MAX_REQUESTED) throw malformed(`The names of the faults may have at most ${MAX_REQUESTED} characters.`);
  const requested = { [allowed.requestedFaults]: names.join() };
  annotate(requested);
  return withBaggage(requested, next);
};

const malformed = (detail: string): Problem => new Problem(400, 'malformed_request', `x-waymark-fault: ${detail}`);

/** Runs the handler of a route. */
export function atRoute<T>(route: string, response: ServerResponse, handler: () => Promise<T>): Promise<T> {
  return allowed ? faultyRoute(allowed, route, response, handler) : handler();
}

async function faultyRoute<T>(
  { faults, markNext }: Allowed,
  route: string,
  response: ServerResponse,
  handler: () => Promise<T>,
): Promise<T> {
  const hit = await faults.markedAt(`route ${route}`);
  if (!hit) return handler();
  await sufferCommon(hit.effects);
  if (has(hit, 'abort')) return cutOff(response);
  const result = await (has(hit, 'lose-context') ? outside(() => markNext(hit.names, handler)) : handler());
  if (has(hit, 'lose-answer')) return cutOff(response);
  return result;
}

/** Runs an attempt at a job. `run` is told whether to spoil the payload. */
export async function atJob<T>(job: string, run: (isPoisoned: boolean) => Promise<T>): Promise<T> {
  const hit = await allowed?.faults.markedAt(`job ${job}`);
  if (!hit) return run(false);
  await sufferCommon(hit.effects);
  return run(has(hit, 'poison'));
}

/** Returns the carrier that a job is stored with. */
export async function atSend(job: string, carrier: Carrier): Promise<Carrier> {
  const hit = await allowed?.faults.markedAt(`send ${job}`);
  return hit && has(hit, 'drop-context') ? {} : carrier;
}

/** Runs a statement on a connection. */
export function atQuery<T>(text: string, client: PoolClient, run: () => Promise<T>): Promise<T> {
  const place = allowed?.faults.placeOfQuery(text);
  return allowed && place ? faultyQuery(allowed, place, client, run) : run();
}

/** Runs a function in the context of the request that last ran a statement, by the place of the statement. */
const lastContexts = new Map<string, <R>(fn: () => R) => R>();

async function faultyQuery<T>({ faults, markNext }: Allowed, place: Place, client: PoolClient, run: () => Promise<T>): Promise<T> {
  const another = lastContexts.get(place);
  lastContexts.set(place, AsyncLocalStorage.snapshot());
  const hit = await faults.at(place);
  if (!hit) return run();
  const { names, effects } = hit;
  for (const one of effects) if (one.do === 'latency') await markNext(names, () => client.query('select pg_sleep($1)', [one.ms / 1_000]));
  return another && has(hit, 'borrow-context') ? another(() => markNext(names, run)) : run();
}

/**
 * Gives faults a place at something that a service uses and does not call over HTTP, such as the library of a payment provider. Returns the
 * functions as they are if faults are not allowed.
 */
export function dependency<T extends object>(name: string, functions: T): T {
  if (!allowed) return functions;
  const { faults } = allowed;
  const wrapped = Object.entries(functions as Record<string, (...args: unknown[]) => Promise<unknown>>).map(([method, call]) => {
    const withFaults = async (...args: unknown[]): Promise<unknown> => {
      const hit = await faults.markedAt(`dependency ${name}.${method}`);
      await sufferCommon(hit?.effects ?? []);
      const answer = hit?.effects.find((effect) => effect.do === 'answer');
      return answer ? answer.value : call(...args);
    };
    return [method, withFaults] as const;
  });
  return Object.fromEntries(wrapped) as T;
}

/** The trace context of the last call to each route that a fault could hit. */
const lastSent = new Map<string, Carrier>();

/** The faults that hit a call: an interceptor for the wire, innermost, and a function that marks the CLIENT span. */
export interface BrokenCall {
  breakWire: Dispatcher.DispatcherComposeInterceptor;
  mark: <T>(fn: () => T) => T;
}

/** The faults that hit a call to `callee`, such as `inventory.reserve`. Undefined if none could. */
export function atCall(callee: string): Promise<BrokenCall | undefined> | undefined {
  return allowed?.faults.couldHit(`call ${callee}`) ? brokenCall(allowed, callee) : undefined;
}

async function brokenCall({ faults, markNext }: Allowed, callee: string): Promise<BrokenCall | undefined> {
  const stale = lastSent.get(callee);
  lastSent.set(callee, inject());
  const hit = await faults.at(`call ${callee}`);
  if (!hit) return undefined;
  return {
    mark: (fn) => markNext(hit.names, fn),
    breakWire: (dispatch) => (options, handler) => {
      let broken = { ...options, headers: [...(options.headers as string[])] };
      let ms = 0;
      for (const effect of hit.effects) {
        if (effect.do === 'latency') ms += effect.ms;
        else broken = { ...broken, ...brokenBy(effect, broken, stale) };
      }
      if (ms === 0) return dispatch(broken, handler);
      setTimeout(() => dispatch(broken, handler), ms);
      return true;
    },
  };
}

/** Nobody listens on this port. */
const NOWHERE = 'http://127.0.0.1:9';

type Sent = { headers: string[] };

function brokenBy(effect: Effect, { headers }: Sent, stale: Carrier | undefined): Partial<Sent & { origin: string }> {
  if (effect.do === 'unreachable') return { origin: NOWHERE };
  const at = headers.indexOf('traceparent') + 1;
  const own = headers[at];
  // Without tracing there is no context to break.
  if (at === 0 || own === undefined) return {};
  if (effect.do === 'drop-context') return { headers: headers.filter((_, index) => !PROPAGATED.has(headers[index - (index % 2)] ?? '')) };
  if (effect.do === 'inject-twice') return { headers: headers.with(at, `${own}, ${own}`) };
  if (effect.do === 'stale-context') return { headers: headers.with(at, stale?.['traceparent'] ?? own) };
  return {};
}

const PROPAGATED: ReadonlySet<string> = new Set(['traceparent', 'tracestate', 'baggage']);

const has = ({ effects }: Hit, what: Effect['do']): boolean => effects.some((effect) => effect.do === what);

/** Does what can be done anywhere: wait, compute, fail. */
async function sufferCommon(effects: readonly Effect[]): Promise<void> {
  for (const effect of effects) {
    if (effect.do === 'latency') await delay(effect.ms);
    if (effect.do === 'burn') burn(effect.ms);
    if (effect.do === 'error' && effect.status === 503) throw new Problem(503, 'unavailable', 'A fault made this unavailable.');
    if (effect.do === 'error') throw new Error('A fault made this fail');
  }
}

function burn(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

/** Closes the connection without an answer. */
async function cutOff(response: ServerResponse): Promise<never> {
  response.destroy();
  // Only now the server's span knows that there will be no answer.
  if (!response.closed) await once(response, 'close');
  throw new Error('A fault closed the connection before the answer');
}
