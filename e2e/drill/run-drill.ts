import type { Monitoring } from '@waymark/monitoring/start';
import type { Trace } from '@waymark/trace-model';
import { load } from '../attack/load.ts';
import { traceIdsBehind } from '../src/shop/all-traces.ts';
import { until } from '@waymark/service-kit/testing/until';
import type { Drill, Patient } from './drills.ts';

/** What happened, and how long after the failure began. */
export interface Step {
  seconds: number;
  what: string;
}

interface Alert {
  labels: Record<string, string>;
  annotations: Record<string, string>;
  state: 'pending' | 'firing';
}

/** Longer than any alert of a drill takes to fire or to end. */
const PATIENCE_MS = 720_000;
const TRACE_MS = 30_000;

/**
 * Breaks the shop and waits for the alert, its notification, a trace behind its link that shows the failure, and, after the repair, for the notification
 * that it is over. `onStep` gets each of them.
 * @throws {Error} that says what did not come
 */
export async function runDrill(drill: Drill, patient: Patient, monitoring: Monitoring, onStep: (step: Step) => void): Promise<void> {
  const { alert, channel } = drill;
  const { receiver } = monitoring;
  const alerts = async (): Promise<Alert[]> => (await monitoring.ask<{ alerts: Alert[] }>('alerts')).alerts;
  const firing = async (): Promise<Alert | undefined> =>
    (await alerts()).find(({ labels, state }) => labels['alertname'] === alert && state === 'firing');

  await using undo = new AsyncDisposableStack();
  const done = new AbortController();
  const order = async (): Promise<void> => void (await patient.own.demo.place('desk-lamp').catch(() => undefined));
  const ordering = load(drill.ordersPerSecond, done.signal, order);
  undo.defer(async () => {
    done.abort();
    await ordering;
  });
  await until(alerts, (list) => list.every(({ labels }) => labels['alertname'] === 'Watchdog'), 'earlier alerts to end', PATIENCE_MS);
  const seen = receiver.received.at(-1);
  const begun = performance.now();
  const step = (what: string): void => onStep({ seconds: (performance.now() - begun) / 1_000, what });
  await drill.breakIt(patient);
  step('broken');
  const message = (status: string) => (): string | undefined =>
    receiver.received
      .slice(seen ? receiver.received.lastIndexOf(seen) + 1 : 0)
      .find((one) => one.channel === channel && one.text.includes(`[${status}] ${alert}`))?.text;
  try {
    const fired = (await until(firing, (one) => one !== undefined, `${alert} to fire`, PATIENCE_MS))!;
    step(`${alert} fires: ${fired.annotations['summary']}`);
    await until(message('FIRING'), (text) => text !== undefined, `a message by ${channel}`, PATIENCE_MS);
    step(`${channel} tells the people on call`);
    const link = fired.annotations['traces'] ?? '';
    const trace = await until(
      () => traceBehind(link, patient, drill.shows),
      (one) => one !== undefined,
      `a trace behind ${link}`,
      TRACE_MS,
    );
    step(`its link leads to trace ${trace?.traceId}, which shows the failure`);
  } finally {
    await drill.repairIt(patient);
    step('repaired');
  }
  await until(firing, (one) => one === undefined, `${alert} to end`, PATIENCE_MS);
  step(`${alert} has ended`);
  await until(message('RESOLVED'), (text) => text !== undefined, `the end by ${channel}`, PATIENCE_MS);
  step(`${channel} says that it is over`);
}

/** The first trace of a search page that shows the failure. The link is that of a person; the page asks this API. */
async function traceBehind(link: string, { own }: Patient, shows: Drill['shows']): Promise<Trace | undefined> {
  for (const traceId of await traceIdsBehind(new URL(link))) {
    const trace = await own.traces.now(traceId);
    if (shows(trace)) return trace;
  }
  return undefined;
}
