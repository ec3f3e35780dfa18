import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { readTraces, tracesOf, type Span, type Trace } from '@waymark/trace-model';

/** What the services exported, as OTLP/HTTP with JSON (OTLP specification, "OTLP/HTTP"). */
export interface OtlpReceiver extends AsyncDisposable {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly url: string;
  readonly spans: readonly Span[];
  readonly traces: readonly Trace[];
  /** The trace as soon as it is as wished, or as it is after 15 s: the assertion that follows says what is wrong with it. */
  when(traceId: string, wished: (trace: Trace) => boolean): Promise<Trace>;
}

const PATIENCE_MS = 15_000;

export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const spans: Span[] = [];
  const arrivals = new EventTarget();
  const receive = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    for (const trace of readTraces(await json(request))) spans.push(...trace.spans);
    response.setHeader('content-type', 'application/json').end('{}');
    arrivals.dispatchEvent(new Event('spans'));
  };
  const server = createServer((request, response) => void receive(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const traceOf = (traceId: string): Trace => tracesOf(spans.filter((span) => span.traceId === traceId))[0] ?? { traceId, spans: [] };

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    get traces() {
      return tracesOf([...spans]);
    },
    async when(traceId, wished) {
      const timeout = AbortSignal.timeout(PATIENCE_MS);
      for (;;) {
        const trace = traceOf(traceId);
        if (wished(trace)) return trace;
        const arrived = await once(arrivals, 'spans', { signal: timeout }).catch(() => undefined);
        if (!arrived) return traceOf(traceId);
      }
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
