import { runInNewContext } from 'node:vm';
import { find, type Manifest } from '../manifests.ts';

interface Metric {
  name: string;
  initialDelay: string;
  interval: string;
  failureLimit: number;
  inconclusiveLimit: number;
  successCondition: string;
  failureCondition: string;
  provider: { prometheus: { query: string } };
}

export interface Outcome {
  /** Promoted, rolled back, or paused until a person decides. */
  outcome: 'promoted' | 'rolled back' | 'paused';
  /** The metric that decided. */
  because?: string;
  /** When it was decided, in seconds from the first canary pod. */
  after: number;
  /** The percentage of pods that ran the new version then. */
  weight: number;
}

/** Returns the values that a query has at a time, in seconds from the first canary pod. */
export type Query = (query: string, seconds: number) => Promise<number[]>;

/**
 * Decides as Argo Rollouts does (analysis.go, "assessMetricStatus"), with the steps and the analysis of these manifests: each metric is measured after its
 * initial delay and then in its interval. More failures than its limit roll back, more inconclusive measurements than theirs pause.
 */
export async function judge(manifests: readonly Manifest[], service: string, hash: string, query: Query): Promise<Outcome> {
  const steps = find(manifests, 'Rollout', `waymark-${service}`).spec?.strategy?.canary?.steps ?? [];
  const { args = [], metrics } = find(manifests, 'AnalysisTemplate', 'waymark-canary').spec ?? {};
  const values = new Map([...args.map(({ name, value }) => [name, value] as const), ['service', service], ['canary-hash', hash]]);
  const fill = (text: string): string =>
    text.replaceAll(/\{\{args\.([a-z0-9-]+)\}\}/g, (_, name: string) => values.get(name) ?? `no argument ${name}`);

  let pauses = 0;
  const weights = steps.flatMap(({ setWeight, pause }) => {
    pauses += pause ? inSeconds(pause.duration) : 0;
    return setWeight === undefined ? [] : [{ from: pauses, weight: setWeight }];
  });
  const measurements = (metrics as Metric[])
    .flatMap((metric) => {
      const [delay, interval] = [inSeconds(metric.initialDelay), inSeconds(metric.interval)];
      return Array.from({ length: Math.ceil((pauses - delay) / interval) }, (_, at) => ({ metric, after: delay + at * interval }));
    })
    .toSorted((a, b) => a.after - b.after);

  const counts = new Map<string, number>();
  for (const { metric, after } of measurements) {
    const result = await query(fill(metric.provider.prometheus.query), after);
    const holds = (condition: string): boolean =>
      runInNewContext(fill(condition), { result, len: (list: unknown[]) => list.length }) as boolean;
    const measured = holds(metric.failureCondition) ? 'failed' : holds(metric.successCondition) ? 'succeeded' : 'inconclusive';
    const count = (counts.get(`${metric.name} ${measured}`) ?? 0) + 1;
    counts.set(`${metric.name} ${measured}`, count);
    const decided = { because: metric.name, after, weight: weights.findLast(({ from }) => from <= after)?.weight ?? 0 };
    if (measured === 'failed' && count > metric.failureLimit) return { outcome: 'rolled back', ...decided };
    if (measured === 'inconclusive' && count > metric.inconclusiveLimit) return { outcome: 'paused', ...decided };
  }
  return { outcome: 'promoted', after: pauses, weight: 100 };
}

function inSeconds(duration: string): number {
  const [, amount, unit = ''] = /^(\d+)([smh])$/.exec(duration) ?? [];
  return Number(amount) * ({ s: 1, m: 60, h: 3_600 }[unit] ?? NaN);
}
