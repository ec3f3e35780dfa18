import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { otlp, spanId, type HomemadeSpan } from './otlp.ts';

/** A foreign service: it knows `traceparent`, has a tracer of its own making, and has never heard of a manifest. */
export interface Bureau extends AsyncDisposable {
  readonly url: string;
}

/** What its tracer makes of a request, by the path: one way is right. */
type Tracer = (request: HomemadeSpan) => readonly HomemadeSpan[];

const tracers: Readonly<Record<string, Tracer>> = {
  '/sound': (request) => [request],
  '/root-several': ({ parentSpanId: _forgotten, ...request }) => [request],
  '/cycle': (request) => {
    const [startMs, endMs] = [request.startMs + 1, request.startMs + 2];
    const stamp: HomemadeSpan = {
      ...request,
      spanId: spanId(),
      parentSpanId: request.spanId,
      name: 'stamp',
      kind: 'INTERNAL',
      startMs,
      endMs,
    };
    return [{ ...request, parentSpanId: stamp.spanId }, stamp];
  },
  '/span-id-duplicate': (request) => [request, { ...request, name: 'stamp', kind: 'INTERNAL' }],
  '/producer': (request) => [
    request,
    {
      ...request,
      spanId: spanId(),
      parentSpanId: request.spanId,
      name: 'send stamp',
      kind: 'PRODUCER',
      attributes: { 'messaging.system': 'kafka', 'messaging.operation.name': 'send', 'messaging.message.id': '17' },
    },
  ],
  '/own-trace': ({ parentSpanId: _forgotten, ...request }) => [{ ...request, traceId: spanId() + spanId() }],
  // It knows the manifest, and ends its span long after its answer.
  '/works-on': (request) => [{ ...request, endMs: request.startMs + 5_000, attributes: { 'waymark.segment.spans': 1 } }],
  '/consumer-too-early': (request) => {
    const message = {
      ...request,
      attributes: { 'messaging.system': 'kafka', 'messaging.operation.name': 'send', 'messaging.message.id': '17' },
    };
    const sent: HomemadeSpan = { ...message, spanId: spanId(), parentSpanId: request.spanId, name: 'send stamp', kind: 'PRODUCER' };
    const startMs = request.startMs - 40;
    return [request, sent, { ...message, spanId: spanId(), parentSpanId: sent.spanId, name: 'process stamp', kind: 'CONSUMER', startMs }];
  },
  '/not-ended': ({ endMs: _unknown, ...request }) => [request],
  '/ends-before-start': (request) => [{ ...request, endMs: request.startMs - 40 }],
};

/** Starts it. It answers once its spans are with the trace backend. */
export async function startBureau(otlpUrl: string): Promise<Bureau> {
  const answer = async ({ url = '', headers }: IncomingMessage, response: ServerResponse): Promise<void> => {
    const startMs = Date.now();
    const [, traceId = '', parentSpanId = ''] = String(headers['traceparent']).split('-');
    const request = { traceId, spanId: spanId(), parentSpanId, name: `GET ${url}`, kind: 'SERVER', startMs, endMs: Date.now() } as const;
    const body = otlp('bureau', tracers[url]?.(request) ?? []);
    await fetch(`${otlpUrl}/v1/traces`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    response.end();
  };
  const server = createServer((request, response) => void answer(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
