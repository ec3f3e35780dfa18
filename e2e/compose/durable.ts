import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

/** The options of `docker compose` with which Jaeger keeps its traces on a volume, so that a test can look at them after a stop. */
export const DURABLE = ['--file', join(ROOT, 'docker-compose.yml'), '--file', join(import.meta.dirname, 'durable-jaeger.yml')];
