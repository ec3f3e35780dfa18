import autocannon from 'autocannon';

/** Requests in flight: more than one core of service can serve at once. */
export const CONNECTIONS = 32;

/** What came of a load. */
export interface Load {
  readonly requests: number;
  readonly seconds: number;
  /** Milliseconds of each request. */
  readonly latencies: readonly number[];
}

/** Loads a service as far as it goes, for some seconds. Rejects if a request fails. */
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
  if (failed > 0) throw new Error(`${failed} of ${latencies.length} requests failed: no figures come of such a load`);
  return { requests: latencies.length, seconds: result.duration, latencies };
}
