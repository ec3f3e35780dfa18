import { quantile } from '../figures.ts';
import { ARMS, each, thereAndBack, withEach, type Arm } from './arms.ts';
import type { Child } from '../child.ts';
import type { Round } from './comparison.ts';
import { load } from './load.ts';
import type { ServiceUsage } from './service.ts';

/** Short, so that the arms often take turns and other load on the machine affects them equally. */
const WINDOW_SECONDS = 1;

/** How long and how often each service is loaded. */
export interface Effort {
  /** Seconds per service. */
  readonly warmUp: number;
  /** How often all arms run forwards and backwards. */
  readonly turns: number;
}

/** The measurements of a service in one window of load. */
interface Window {
  readonly seconds: number;
  readonly cpu: number;
  readonly latencies: readonly number[];
}

/** Loads a new service of each arm in turns. Rejects if one lost spans, because then it had less work than the others. */
export const loadServices = (round: number, sinkPort: number, { warmUp, turns }: Effort): Promise<Round> =>
  withEach<ServiceUsage, Round>(
    'service.ts',
    { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${sinkPort}`, OTEL_TRACES_EXPORTER: 'otlp' },
    async (services) => {
      const order = thereAndBack(round);
      for (const arm of ARMS) await load(services[arm].port, warmUp);
      const windows = each((): Window[] => []);
      for (let turn = 0; turn < turns; turn++) {
        for (const arm of order) windows[arm].push(await observe(arm, services[arm]));
      }
      return each((arm) => figuresOf(windows[arm]));
    },
  );

async function observe(arm: Arm, service: Child<ServiceUsage>): Promise<Window> {
  const before = await service.ask();
  const loaded = await load(service.port, WINDOW_SECONDS);
  const after = await service.ask();
  if (after.lost > 0) throw new Error(`${arm}: ${after.lost} spans were lost`);
  return { seconds: loaded.seconds, cpu: after.cpu - before.cpu, latencies: loaded.latencies };
}

function figuresOf(windows: readonly Window[]): Round[Arm] {
  const latencies = windows.flatMap((window) => window.latencies);
  const sum = (of: 'seconds' | 'cpu'): number => windows.reduce((total, window) => total + window[of], 0);
  return {
    'requests/s': latencies.length / sum('seconds'),
    'CPU µs/request': sum('cpu') / latencies.length,
    'p50 ms': quantile(latencies, 0.5) ?? NaN,
    'p99 ms': quantile(latencies, 0.99) ?? NaN,
  };
}
