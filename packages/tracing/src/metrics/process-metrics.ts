import { metrics } from '@opentelemetry/api';

/** Reports the CPU time and memory of this process, which in a container is all there is. */
export function observeProcess(): void {
  const meter = metrics.getMeter('@waymark/tracing');
  const cpu = meter.createObservableCounter('process.cpu.time', { unit: 's', description: 'CPU time of the process, by mode.' });
  cpu.addCallback((result) => {
    const { user, system } = process.cpuUsage();
    result.observe(user / 1e6, { 'cpu.mode': 'user' });
    result.observe(system / 1e6, { 'cpu.mode': 'system' });
  });
  const memory = meter.createObservableUpDownCounter('process.memory.usage', {
    unit: 'By',
    description: 'Resident memory of the process.',
  });
  memory.addCallback((result) => result.observe(process.memoryUsage.rss()));
}
