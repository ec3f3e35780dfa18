import { setTimeout as delay } from 'node:timers/promises';
import { readTraces, TraceFormatError, type IncomingLink, type Trace } from '@waymark/trace-model';
import { readJson } from './read-json.ts';
import { TraceBackendError } from './trace-backend-error.ts';
import { searchParameters, type TraceSearch } from './trace-search.ts';

/** Jaeger, or a backend with its API. Every method rejects with a `TraceBackendError`. */
export interface TraceBackend {
  readonly url: string;
  /** The trace as it is now. It has no spans if none has arrived. */
  trace(traceId: string, signal?: AbortSignal): Promise<Trace>;
  services(signal?: AbortSignal): Promise<readonly string[]>;
  /** The traces that match, newest first. */
  search(search: TraceSearch, signal?: AbortSignal): Promise<readonly Trace[]>;
  /** The spans of other traces that link to this one. Jaeger cannot search for links: the list is empty. */
  linksTo(traceId: string): Promise<readonly IncomingLink[]>;
}

/**
 * Asks for spans as they were sent: Jaeger would otherwise adjust them, and the memory store of 2.20 keeps the adjusted ones. The first name is
 * for Jaeger 2.19 and later, the second for earlier versions.
 */
const RAW = 'rawTraces=true&raw_traces=true';

/** The backend whose UI has this address, such as `http://localhost:16686`. Throws a `TraceBackendError` if it is not a URL. */
export function traceBackend(address: string): TraceBackend {
  const url = base(address);
  let dialect: 'v3' | 'v1' | undefined;
  const inTurn = turns(AT_ONCE);
  const ask = async (path: string, signal?: AbortSignal): Promise<Answer> => inTurn(() => get(url, path, signal));

  return {
    url,
    async trace(traceId, signal) {
      if (dialect !== 'v1') {
        const answer = await ask(`/api/v3/traces/${traceId}?${RAW}`, signal);
        if (answer.known) {
          dialect = 'v3';
          return one(answer, url, traceId);
        }
      }
      const answer = await ask(`/api/traces/${traceId}?raw=true`, signal);
      if (!answer.known) throw notABackend(url, answer);
      dialect = 'v1';
      return one(answer, url, traceId);
    },
    async services(signal) {
      const v3 = await ask('/api/v3/services', signal);
      if (v3.known) return strings(v3.body, 'services');
      const v1 = await ask('/api/services', signal);
      if (!v1.known) throw notABackend(url, v1);
      return strings(v1.body, 'data');
    },
    async search(search, signal) {
      const v3 = await ask(`/api/v3/traces?${searchParameters(search).v3}`, signal);
      const answer = v3.known ? v3 : await ask(`/api/traces?${searchParameters(search).v1}`, signal);
      if (!answer.known) throw notABackend(url, answer);
      return traces(answer, url).toSorted((a, b) => Number((b.spans[0]?.start ?? 0n) - (a.spans[0]?.start ?? 0n)));
    },
    async linksTo(traceId) {
      const { body } = await ask(`/api/links/${traceId}`);
      const links = (body as { links?: unknown } | undefined)?.links;
      return Array.isArray(links) ? (links as readonly IncomingLink[]) : [];
    },
  };
}

/** A response. `known` means that it has the shape of Jaeger's API: not a page, plain text, or other JSON. */
interface Answer {
  readonly known: boolean;
  readonly status: number;
  readonly type: string;
  readonly body: unknown;
}

/** The limit on concurrent requests to a backend, for tests that wait for many traces. */
const AT_ONCE = 16;

/** Returns a function that runs functions in order, at most `max` at a time. */
function turns(max: number): <T>(fn: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let active = 0;
  return async (fn) => {
    if (active < max) active += 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await fn();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else active -= 1;
    }
  };
}

/** Retries for a backend that is overloaded. `waitMs` applies if the response has no Retry-After. */
const BUSY = { tries: 20, waitMs: 1_000, longestMs: 5_000 };

async function get(url: string, path: string, signal?: AbortSignal): Promise<Answer> {
  const answer = await askPatiently(url, path, signal);
  const body = await readJson(answer).catch((error: unknown) => {
    throw error instanceof RangeError ? new TraceBackendError(error.message) : unreachable(url, error);
  });
  const type = answer.headers.get('content-type') ?? 'no content type';
  if (answer.status === 401 || answer.status === 403)
    throw new TraceBackendError(`${url} denies access: ${answer.status}. Use an address that needs no login.`);
  if (answer.status >= 500) throw new TraceBackendError(`${url}${path} failed: ${answer.status}`, { passing: true });
  return { known: isJaegers(body), status: answer.status, type, body };
}

/** Retries while the backend is overloaded: a test may read hundreds of traces at once. */
async function askPatiently(url: string, path: string, signal: AbortSignal | undefined): Promise<Response> {
  for (let tries = 1; ; tries++) {
    const answer = await fetch(url + path, { signal: signal ?? null, headers: { accept: 'application/json' } }).catch((error: unknown) => {
      throw unreachable(url, error);
    });
    const retryAfter = answer.headers.get('retry-after');
    const isBusy = answer.status === 429 || (answer.status === 503 && retryAfter !== null);
    if (!isBusy || tries === BUSY.tries) return answer;
    await answer.body?.cancel();
    const wait = Math.min(Number(retryAfter) * 1_000 || BUSY.waitMs, BUSY.longestMs);
    await delay(wait * (0.5 + Math.random() / 2), undefined, { signal }).catch((error: unknown) => {
      throw unreachable(url, error);
    });
  }
}

function isJaegers(body: unknown): boolean {
  if (typeof body !== 'object' || body === null) return false;
  return 'result' in body || 'data' in body || 'services' in body || ('error' in body && typeof body.error === 'object');
}

function one(answer: Answer, url: string, traceId: string): Trace {
  return traces(answer, url).find((trace) => trace.traceId === traceId) ?? { traceId, spans: [] };
}

/** In v3 and v1, 404 means that no trace matches. */
function traces({ status, body }: Answer, url: string): readonly Trace[] {
  if (status === 404) return [];
  try {
    return readTraces(body);
  } catch (error) {
    if (error instanceof TraceFormatError) throw new TraceBackendError(`${url} answered ${status}: ${error.message}`, { cause: error });
    throw error;
  }
}

function strings(body: unknown, name: string): readonly string[] {
  const list = (body as Readonly<Record<string, unknown>>)[name];
  return Array.isArray(list) ? list.filter((item) => typeof item === 'string') : [];
}

function base(address: string): string {
  const url = URL.parse(address);
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url.href.replace(/[?#].*$/, '').replace(/\/+$/, '');
  throw new TraceBackendError(
    `${JSON.stringify(address)} is not the URL of a trace backend; expected something like http://localhost:16686`,
  );
}

const notABackend = (url: string, { status, type }: Answer): TraceBackendError =>
  new TraceBackendError(
    `${url} is not a trace backend: it has neither /api/v3/traces nor /api/traces (${status}, ${type}). ` +
      "Use the address of Jaeger's UI (port 16686 by default), not the one that receives spans (4317, 4318).",
  );

const PASSING = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EAI_AGAIN', 'UND_ERR_SOCKET']);

/** A retry may help if the connection broke, but not if nothing listens. */
function unreachable(url: string, error: unknown): TraceBackendError {
  const code = codeOf(error) ?? codeOf(causeOf(error)) ?? String(causeOf(error) ?? error);
  const mend = code === 'ECONNREFUSED' ? 'Is the trace backend running, and is this its port?' : 'Is this its address?';
  return new TraceBackendError(`${url} cannot be reached (${code}). ${mend}`, { passing: PASSING.has(code), cause: error });
}

/** In Jest, errors of `fetch` come from another realm, so `instanceof` does not work. */
const codeOf = (error: unknown): string | undefined => (error as { code?: unknown } | undefined)?.code?.toString();
const causeOf = (error: unknown): unknown => (error as { cause?: unknown } | undefined)?.cause;
