import { fileURLToPath } from 'node:url';
import { inventoryApi, type OrderStatus } from '@waymark/contracts';
import { openJobs } from '@waymark/jobs';
import { clientOf, migrate, openDatabase } from '@waymark/service-kit';
import { recordLog } from '@waymark/service-kit/testing';
import { simulatedProvider } from '../payment-provider.ts';
import type { Parts } from '../parts.ts';
import { jobHandlers } from '../job-handlers.ts';
import { startStubInventory, type StubInventory } from './stub-inventory.ts';

/** An attempt whose worker owns the job. */
export const ATTEMPT = { fence: (): void => undefined };

export interface Bench extends AsyncDisposable {
  parts: Parts;
  inventory: StubInventory;
  /** Deletes all orders, jobs and reservations. */
  clear(): Promise<void>;
  /** The stored jobs in order, each as kind and order id. */
  jobs(): Promise<string[]>;
  statusOf(orderId: string): Promise<OrderStatus | undefined>;
  /** The outcome that the payment provider has stored for an order. */
  paymentOf(orderId: string): Promise<string | null | undefined>;
}

/** The parts of the use cases, with an empty database and a stub of the inventory. Jobs are stored but do not run. */
export async function openBench(databaseUrl: string): Promise<Bench> {
  const { log } = recordLog();
  const inventory = await startStubInventory(log);
  const db = openDatabase(databaseUrl, log);
  await migrate(db, fileURLToPath(new URL('../../migrations', import.meta.url)), 'order', log);
  const parts = {
    db,
    jobs: openJobs(db, log, 5),
    payments: simulatedProvider,
    inventory: clientOf(inventoryApi, inventory.url),
    log,
    fulfilmentDelaySeconds: 0,
    fulfilWithinSeconds: 3_600,
  };
  await parts.jobs.start(jobHandlers(parts));
  await parts.jobs.stop();
  return {
    parts,
    inventory,
    async clear() {
      await db.query('truncate orders, payments, placements');
      await db.query('delete from graphile_worker._private_jobs');
      inventory.reservations.clear();
      Object.assign(inventory, { calls: [], faults: [], refusal: undefined, gate: Promise.resolve() });
    },
    async jobs() {
      const rows = await db.query<{ job: string }>(
        `select jobs.task_identifier || ' ' || (payload->'payload'->>'orderId') as job
         from graphile_worker.jobs join graphile_worker._private_jobs using (id) order by id`,
      );
      return rows.map(({ job }) => job);
    },
    async statusOf(orderId) {
      const [order] = await db.query<{ status: OrderStatus }>('select status from orders where id = $1', [orderId]);
      return order?.status;
    },
    async paymentOf(orderId) {
      const [payment] = await db.query<{ outcome: string | null }>('select outcome from payments where order_id = $1', [orderId]);
      return payment?.outcome;
    },
    async [Symbol.asyncDispose]() {
      await db.close();
      await inventory[Symbol.asyncDispose]();
    },
  };
}
