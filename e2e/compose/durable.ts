import { join } from 'node:path';
import { ROOT } from './docker.ts';

/** Options of `docker compose` that make Jaeger keep its traces on a volume, so that a test can read them after a stop. */
export const DURABLE = ['--file', join(ROOT, 'docker-compose.yml'), '--file', join(import.meta.dirname, 'durable-jaeger.yml')];
