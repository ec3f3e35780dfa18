import { meter } from '@waymark/tracing';
import type pg from 'pg';

/** Reports how many connections each pool has and how many callers wait for one (semantic conventions, database client). */
export function observePools(pools: Readonly<Record<string, pg.Pool>>): void {
  const pg = meter('@waymark/service-kit');
  if (!pg) return;
  const connection = { unit: '{connection}' };
  const count = pg.createObservableUpDownCounter('db.client.connection.count', {
    ...connection,
    description: 'Open connections by state.',
  });
  const max = pg.createObservableUpDownCounter('db.client.connection.max', { ...connection, description: 'How many may be open.' });
  const pending = pg.createObservableUpDownCounter('db.client.connection.pending_requests', {
    unit: '{request}',
    description: 'Callers that wait for a connection.',
  });
  const observed = [count, max, pending];
  pg.addBatchObservableCallback((result) => {
    for (const [name, pool] of Object.entries(pools)) {
      const attributes = { 'db.client.connection.pool.name': name };
      const { totalCount, idleCount, waitingCount, options } = pool;
      result.observe(count, idleCount, { ...attributes, 'db.client.connection.state': 'idle' });
      result.observe(count, totalCount - idleCount, { ...attributes, 'db.client.connection.state': 'used' });
      result.observe(max, options.max, attributes);
      result.observe(pending, waitingCount, attributes);
    }
  }, observed);
}
