import { batcher } from '@waymark/context';
import type { Database } from '@waymark/service-kit';
import { activeTraceId } from '@waymark/tracing';
import { insertAuditEntries, type AuditEntry } from './auth-db.ts';

/** The record of who logged in and out. */
export interface AuditTrail {
  /** Resolves when the entry is stored, so that no answer is sent without its entry. */
  record(entry: Omit<AuditEntry, 'at' | 'traceId'>): Promise<void>;
  /** Stores what still waits. */
  close(): Promise<void>;
}

/** Many log-ins share one insert: a guessing attack must not cost the database one transaction per guess. */
export function auditTrail(db: Database): AuditTrail {
  const entries = batcher<AuditEntry>({ name: 'audit trail', maxItems: 100, maxWaitMs: 10, maxQueued: 10_000 }, (items) =>
    insertAuditEntries(
      db,
      items.map(({ value }) => value),
    ),
  );
  return {
    record: (entry) => entries.add({ ...entry, at: new Date(), traceId: activeTraceId() }),
    close: () => entries.close(),
  };
}
