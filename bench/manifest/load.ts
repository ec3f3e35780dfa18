import autocannon from 'autocannon';

/** Requests in flight: more than a service on one core can handle at once. */
export const CONNECTIONS = 32;

/** The result of a load. */
export interface Load {
  readonly requests: number;
  readonly seconds: number;
  /** The duration of each request in milliseconds. */
  readonly latencies: readonly number[];
}

/** Loads a service to saturation for `seconds`. Rejects if a request fails. */
export async function load(port: number, seconds: number): Promise<Load> {
  const latencies: number[] = [];
  const result = await autocannon({
    url: `http://127.0.0.1:${port}/v1/orders`,
    method: 'POST',
    connections: CONNECTIONS,
    duration: seconds,
    setupClient: (client) => client.on('response', (_status, _bytes, ms) => latencies.push(ms)),
  });
  const failed = result.errors + result.non2xx;
  if (failed > 0) throw new Error(`${failed} of ${latencies.length} requests failed, so the figures are useless`);
  return { requests: latencies.length, seconds: result.duration, latencies };
}
