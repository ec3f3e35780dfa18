import type { MetricProducer, MetricReader } from '@opentelemetry/sdk-metrics';
import type { Warn } from '../sdk/env.ts';
import { OPEN_METRICS, openMetrics } from './open-metrics.ts';

/** Less than the 10 s that Prometheus waits. */
const COLLECT_MS = 5_000;

/** A reader that Prometheus scrapes at `/metrics`, on a port of its own. A port that is taken is a warning: the program's work goes on. */
export function prometheusReader(
  Reader: typeof MetricReader,
  metricProducers: MetricProducer[],
  { host, port }: { host: string; port: number },
  warn: Warn,
): MetricReader {
  const server = process.getBuiltinModule('node:http').createServer((request, response) => {
    if (request.url?.split('?', 1)[0] !== '/metrics') return void response.writeHead(404).end();
    // A database that hangs must not hang the scrape: its metrics are left out.
    reader.collect({ timeoutMillis: COLLECT_MS }).then(
      ({ resourceMetrics }) => response.writeHead(200, { 'content-type': OPEN_METRICS }).end(openMetrics(resourceMetrics)),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  class ScrapedReader extends Reader {
    protected override async onForceFlush(): Promise<void> {}
    protected override async onShutdown(): Promise<void> {
      server.close();
      server.closeAllConnections();
    }
  }
  const reader = new ScrapedReader({ metricProducers });
  server.on('error', (error) => warn(`OTEL_METRICS_EXPORTER=prometheus cannot listen on ${host}:${port}: ${error.message}`));
  // The program ends without waiting for another scrape.
  server.listen(port, host).unref();
  return reader;
}
