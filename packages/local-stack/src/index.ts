export { createDatabase, testDatabase, type Database } from './database.ts';
export { startPostgres, type Postgres, type PostgresOptions } from './postgres.ts';
export type { ServiceName } from './service.ts';
export { startShop, type Shop, type ShopOptions } from './shop.ts';
export { StartError } from './start-error.ts';
export { stopSignals, type StopSignals } from './stop-signals.ts';
export { startTraceStore, type TraceStore } from './trace-store.ts';
