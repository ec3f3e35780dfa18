import autocannon from 'autocannon';
import { start, type Child } from '../child.ts';
import { quantile } from '../figures.ts';
import type { HopUsage } from './hop.ts';
import type { Variant } from './variants.ts';

/** Requests in flight: more than the services can handle at once. */
export const CONNECTIONS = 32;
export const HOPS = 3;

/**
 * While a process is idle, V8 shrinks its young generation and drops compiled code: a variant that has waited for its turn would be
 * measured while it warms up again.
 */
const KEEPS_WARM = ['--min-semi-space-size=16', '--max-semi-space-size=16', '--no-memory-reducer'];

/** What one window of load has measured. */
export interface Window {
  readonly requestsPerSecond: number;
  /** Of all services together. */
  readonly cpuPerRequest: number;
  readonly p50: number;
  readonly p99: number;
}

/** Three services that call each other, traced as one variant says. */
export class Chain implements AsyncDisposable {
  readonly variant: Variant;
  readonly #hops: readonly Child<HopUsage>[];

  private constructor(variant: Variant, hops: readonly Child<HopUsage>[]) {
    this.variant = variant;
    this.#hops = hops;
  }

  /**
   * Starts the services, the last one first.
   * @param slug the part of the path by which the trace backend tells the variants apart
   * @param nodeArgs flags of Node for the middle service
   */
  static async start(variant: Variant, sinkPort: number, slug: string, nodeArgs: readonly string[] = []): Promise<Chain> {
    const preloads = variant.preloaded.flatMap((module) => ['--import', module]);
    const hops: Child<HopUsage>[] = [];
    for (let hop = 0; hop < HOPS; hop++) {
      const next = hops.at(-1);
      hops.push(
        await start<HopUsage>('overhead/hop.ts', [...KEEPS_WARM, ...(hop === 1 ? nodeArgs : []), ...preloads], {
          NODE_ENV: 'production',
          OTEL_SERVICE_NAME: `hop-${HOPS - hop}`,
          OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${sinkPort}/${slug}`,
          DD_TRACE_AGENT_URL: `http://127.0.0.1:${sinkPort}`,
          ...(variant.ours && { OURS: '1' }),
          ...(next && { NEXT: `http://127.0.0.1:${next.port}` }),
          ...variant.env,
        }),
      );
    }
    return new Chain(variant, hops);
  }

  /**
   * Loads the chain for `seconds`. Rejects if a request fails.
   * @param rate requests per second; as many as it can without
   */
  async load(seconds: number, rate?: number): Promise<Window> {
    const latencies: number[] = [];
    const before = await this.#sum('cpu');
    const result = await autocannon({
      url: `http://127.0.0.1:${this.#hops.at(-1)?.port}/orders/7`,
      connections: CONNECTIONS,
      duration: seconds,
      ...(rate !== undefined && { overallRate: Math.round(rate) }),
      setupClient: (client) => client.on('response', (_status, _bytes, ms) => latencies.push(ms)),
    });
    const cpu = (await this.#sum('cpu')) - before;
    const failed = result.errors + result.non2xx;
    if (failed > 0) throw new Error(`${this.variant.name}: ${failed} of ${latencies.length} requests failed, so the figures are useless`);
    return {
      requestsPerSecond: latencies.length / result.duration,
      cpuPerRequest: cpu / latencies.length,
      p50: quantile(latencies, 0.5) ?? NaN,
      p99: quantile(latencies, 0.99) ?? NaN,
    };
  }

  /** What the middle service has in memory. */
  async residentMb(): Promise<number> {
    return (await this.#hops[1]!.ask()).residentMb;
  }

  /** How many spans our tracing makes of the requests so far, once those in progress have ended. */
  async spans(): Promise<number> {
    const [before, now] = [await this.#sum('spans'), await this.#sum('spans')];
    return before === now ? now : this.spans();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const hop of this.#hops.toReversed()) await hop.stop();
  }

  async #sum(figure: keyof HopUsage): Promise<number> {
    const usages = await Promise.all(this.#hops.map((hop) => hop.ask()));
    return usages.reduce((sum, usage) => sum + usage[figure], 0);
  }
}
