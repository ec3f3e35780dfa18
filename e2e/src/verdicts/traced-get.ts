import { traceRequests, type TracedRequest } from '@waymark/tracing/undici';
import { Agent, request, type Dispatcher } from 'undici';

const traced = new Agent().compose(traceRequests());

/** Sends a GET and reads the response. It has a CLIENT span unless another dispatcher is given. Returns the status. */
export async function tracedGet(
  url: string,
  options: TracedRequest & { dispatcher?: Dispatcher; headers?: Record<string, string> } = {},
): Promise<number> {
  const { statusCode, body } = await request(url, { dispatcher: traced, ...options });
  await body.dump();
  return statusCode;
}

/** Sends a traced GET and returns the trace id in the response. */
export async function traceIdOfGet(url: string): Promise<string> {
  const { headers, body } = await request(url, { dispatcher: traced });
  await body.dump();
  return String(headers['x-trace-id']);
}
