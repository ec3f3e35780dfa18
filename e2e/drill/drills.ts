import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { judge, type Trace } from '@waymark/trace-model';
import { until } from '@waymark/service-kit/testing/until';
import { countOf, query } from '../src/shop/query.ts';
import type { ExportProxy } from '../src/verdicts/export-proxy.ts';
import type { OwnShop } from '../src/own-shop/own-shop.ts';

const ROOT = join(import.meta.dirname, '../..');

/** A shop that can be broken. */
export interface Patient {
  own: OwnShop;
  /** The flags of its faults. */
  faultsFile: string;
  /** Between inventory and the trace store. */
  exports: ExportProxy;
  secret: string;
}

/** A failure to practise. */
export interface Drill {
  title: string;
  /** The alert that must fire, and who must be told. */
  alert: string;
  channel: 'wecom' | 'sms' | 'dingtalk';
  ordersPerSecond: number;
  breakIt(patient: Patient): Promise<void>;
  repairIt(patient: Patient): Promise<void>;
  /** Whether a trace shows what is broken. */
  shows: (trace: Trace) => boolean;
}

export const drills: Readonly<Record<string, Drill>> = {
  'auth-fail': {
    title: 'auth is slow and fails in a quarter of its requests: orders fail',
    alert: 'OrdersFail',
    channel: 'sms',
    ordersPerSecond: 6,
    ...fault('auth-slow'),
  },
  'inventory-unreachable': {
    title: 'order cannot reach inventory: orders fail',
    alert: 'OrdersFail',
    channel: 'sms',
    ordersPerSecond: 2,
    ...fault('inventory-unreachable'),
  },
  'inventory-fail': {
    title: 'inventory answers 500: an endpoint fails',
    alert: 'CoreEndpointFails',
    channel: 'wecom',
    ordersPerSecond: 1,
    ...fault('inventory-error'),
  },
  'order-slow': {
    title: 'order computes for 150 ms in each request: an endpoint is slow',
    alert: 'EndpointSlow',
    channel: 'wecom',
    ordersPerSecond: 8,
    ...fault('order-burns-cpu'),
  },
  'order-down': {
    title: 'order was killed',
    alert: 'ServiceDown',
    channel: 'wecom',
    ordersPerSecond: 1,
    breakIt: ({ own }) => own.shop.kill('order', 'SIGKILL'),
    repairIt: ({ own }) => own.shop.restart('order'),
    shows: ({ spans }) => spans.some(({ kind, attributes }) => kind === 'CLIENT' && attributes['error.type'] === 'ECONNREFUSED'),
  },
  'dead-letter': {
    title: 'a job has a payload that nobody understands: its order is stuck',
    alert: 'DeadLettersWait',
    channel: 'wecom',
    ordersPerSecond: 1,
    async breakIt(patient) {
      const { databases } = patient.own.shop;
      await fault('job-poisoned').breakIt(patient);
      await until(
        () => countOf(databases.order, 'select count(*)::int from dead_letters'),
        (count) => count > 0,
        'a dead letter',
      );
      await fault('job-poisoned').repairIt(patient);
      // Nobody practises for ten minutes what a clock does.
      await query(databases.order, "update dead_letters set died_at = died_at - interval '10 minutes'");
    },
    async repairIt({ own, secret }) {
      const env = { ...process.env, PORT: new URL(own.shop.urls.order).port, INTERNAL_SECRET: secret };
      run(['services/order/src/dead-letters.ts', 'replay', '--all'], env);
    },
    shows: showsFault('job-poisoned'),
  },
  'spans-lost': {
    title: 'the trace backend rejects the spans of inventory: traces are incomplete',
    alert: 'SpansLost',
    channel: 'dingtalk',
    ordersPerSecond: 1,
    breakIt: async ({ exports }) => void (exports.mode = 'reject'),
    repairIt: async ({ exports }) => void (exports.mode = 'forward'),
    shows: (trace) => judge(trace).completeness.state !== 'complete',
  },
};

/** A fault that is switched on as an operator does, with `pnpm fault`. */
function fault(name: string): Pick<Drill, 'breakIt' | 'repairIt' | 'shows'> {
  const set =
    (state: 'on' | 'off') =>
    async ({ faultsFile }: Patient) =>
      run(['packages/faults/src/cli/main.ts', state, name, '--file', faultsFile]);
  return { breakIt: set('on'), repairIt: set('off'), shows: showsFault(name) };
}

function showsFault(name: string): Drill['shows'] {
  return ({ spans }) =>
    spans.some(({ attributes: { 'waymark.fault': names } }) => typeof names === 'string' && names.split(',').includes(name));
}

function run(args: string[], env: NodeJS.ProcessEnv = process.env): void {
  const { status, stderr, stdout } = spawnSync(process.execPath, args, { cwd: ROOT, env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${args.join(' ')} failed: ${stderr}${stdout}`);
}
