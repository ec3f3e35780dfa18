import { availableParallelism, cpus, loadavg } from 'node:os';

/** Describes the machine. Its load average tells how reliable the figures are. */
export function machine(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  const date = new Date().toISOString().slice(0, 10);
  return `${date}, ${availableParallelism()} cores of ${model}, Node ${process.version}, load average ${loadavg()[0]?.toFixed(1)} at the start`;
}
