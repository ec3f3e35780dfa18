import { traceRequests, type TracedRequest } from '@waymark/tracing/undici';
import { Agent, request, type Dispatcher } from 'undici';

const traced = new Agent().compose(traceRequests());

/** Asks for a URL, as a CLIENT span unless the dispatcher makes none; gives the status of the answer, once that is read. */
export async function ask(
  url: string,
  options: TracedRequest & { dispatcher?: Dispatcher; headers?: Record<string, string> } = {},
): Promise<number> {
  const { statusCode, body } = await request(url, { dispatcher: traced, ...options });
  await body.dump();
  return statusCode;
}

/** The trace of the answer of a URL. */
export async function traceOf(url: string): Promise<string> {
  const { headers, body } = await request(url, { dispatcher: traced });
  await body.dump();
  return String(headers['x-trace-id']);
}
