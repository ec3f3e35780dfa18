import { fileURLToPath } from 'node:url';
import { inventoryApi, type OrderStatus } from '@waymark/contracts';
import { openJobs } from '@waymark/jobs';
import { clientOf, migrate, openDatabase } from '@waymark/service-kit';
import { recordLog } from '@waymark/service-kit/testing';
import type { Parts } from '../parts.ts';
import { jobHandlers } from '../job-handlers.ts';
import { startStubInventory, type StubInventory } from './stub-inventory.ts';

/** An attempt that owns its job. */
export const ATTEMPT = { fence: (): void => undefined };

export interface Bench extends AsyncDisposable {
  parts: Parts;
  inventory: StubInventory;
  /** Forgets all orders, jobs and reservations. */
  clear(): Promise<void>;
  /** The kinds of the jobs that are stored, in the order in which they came, and the orders they are for. */
  jobs(): Promise<string[]>;
  statusOf(orderId: string): Promise<OrderStatus | undefined>;
  /** What the payment provider has of an order. */
  paymentOf(orderId: string): Promise<string | null | undefined>;
}

/** What the use cases work with, on an empty database and with a stub of the inventory. Jobs are stored, and nobody works them off. */
export async function openBench(databaseUrl: string): Promise<Bench> {
  const { log } = recordLog();
  const inventory = await startStubInventory(log);
  const db = openDatabase(databaseUrl, log);
  await migrate(db, fileURLToPath(new URL('../../migrations', import.meta.url)), 'order', log);
  const parts = {
    db,
    jobs: openJobs(db, log, 5),
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
