import { readTraces } from '@waymark/trace-model';
import type { IncomingLink, Trace } from '@waymark/trace-model';
import { readMonitor } from '../monitor/monitor.ts';
import type { Monitor } from '../monitor/monitor.ts';
import { readSummaries } from '../search/summary.ts';
import type { Summary } from '../search/summary.ts';

/** The backend did not answer, or answered with an error. `status` is 0 if there was no answer. */
export class ApiProblem extends Error {
  readonly status: number;
  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

/** The spans of a trace as they were sent, or undefined if the trace does not exist. Throws `ApiProblem`. */
export async function loadTrace(traceId: string): Promise<Trace | undefined> {
  const answer = await ask(`/api/v3/traces/${encodeURIComponent(traceId)}?rawTraces=true`);
  return answer === undefined ? undefined : readTraces(answer)[0];
}

/** All spans of the matching traces. */
export async function findTraces(query: URLSearchParams): Promise<readonly Trace[]> {
  const answer = await ask(`/api/v3/traces?${query}&query.rawTraces=true`);
  return answer === undefined ? [] : readTraces(answer);
}

/** The matching traces, newest first. */
export async function findSummaries(query: URLSearchParams): Promise<readonly Summary[]> {
  return readSummaries(await ask(`/api/v3/trace-summaries?${query}`));
}

/** The spans of other traces that link to this one. */
export async function loadLinks(traceId: string): Promise<readonly IncomingLink[]> {
  const answer = (await ask(`/api/links/${encodeURIComponent(traceId)}`)) as { links?: readonly IncomingLink[] } | undefined;
  return answer?.links ?? [];
}

/** Rate, errors and durations of the requests that began in the last `lookback`, such as `5m`; undefined if the backend cannot tell. */
export async function loadMonitor(lookback: string): Promise<Monitor | undefined> {
  const answer = await ask(`/api/monitor?${new URLSearchParams({ lookback })}`);
  return answer === undefined ? undefined : readMonitor(answer);
}

/** The names of all services, sorted. */
export async function loadServices(): Promise<readonly string[]> {
  const answer = (await ask('/api/v3/services')) as { services?: readonly string[] } | undefined;
  return (answer?.services ?? []).toSorted();
}

/** The names of a service's operations, sorted. */
export async function loadOperations(service: string): Promise<readonly string[]> {
  const answer = (await ask(`/api/v3/operations?${new URLSearchParams({ service })}`)) as
    | { operations?: readonly { name: string }[] }
    | undefined;
  return [...new Set((answer?.operations ?? []).map(({ name }) => name))].toSorted();
}

/** The JSON of an answer, or undefined for 404: Jaeger answers that if it found nothing. */
async function ask(path: string): Promise<unknown> {
  const answer = await fetch(path).catch(() => undefined);
  if (!answer) throw new ApiProblem('The trace store does not answer. Is it still running?', 0);
  if (answer.status === 404) return undefined;
  const text = await answer.text();
  if (!answer.ok) throw new ApiProblem(`The trace store answered ${answer.status}: ${reason(text)}`, answer.status);
  return JSON.parse(text) as unknown;
}

function reason(text: string): string {
  try {
    const { error } = JSON.parse(text) as { error?: { message?: string } };
    return error?.message ?? text;
  } catch {
    return text.slice(0, 200);
  }
}
