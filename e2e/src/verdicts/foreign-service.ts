import type { IncomingMessage, ServerResponse } from 'node:http';
import { listen } from './listen.ts';
import { otlp, spanId, type HandmadeSpan } from './otlp.ts';

/** The spans that the tracer exports for a request. */
type Tracer = (request: HandmadeSpan) => readonly HandmadeSpan[];

const MESSAGE = { 'messaging.system': 'kafka', 'messaging.operation.name': 'send', 'messaging.message.id': '17' };

/** A tracer for each path. Only the first one is correct. */
const tracers: Readonly<Record<string, Tracer>> = {
  '/correct': (request) => [request],
  '/root-several': ({ parentSpanId: _dropped, ...request }) => [request],
  '/cycle': (request) => {
    const work: HandmadeSpan = {
      ...request,
      spanId: spanId(),
      parentSpanId: request.spanId,
      name: 'work',
      kind: 'INTERNAL',
      startMs: request.startMs + 1,
      endMs: request.startMs + 2,
    };
    return [{ ...request, parentSpanId: work.spanId }, work];
  },
  '/span-id-duplicate': (request) => [request, { ...request, name: 'work', kind: 'INTERNAL' }],
  '/producer': (request) => [
    request,
    { ...request, spanId: spanId(), parentSpanId: request.spanId, name: 'send print', kind: 'PRODUCER', attributes: MESSAGE },
  ],
  '/own-trace': ({ parentSpanId: _dropped, ...request }) => [{ ...request, traceId: spanId() + spanId() }],
  // With a manifest, but the span ends long after the response.
  '/ends-late': (request) => [{ ...request, endMs: request.startMs + 5_000, attributes: { 'waymark.segment.spans': 1 } }],
  '/consumer-too-early': (request) => {
    const message = { ...request, attributes: MESSAGE };
    const sent: HandmadeSpan = { ...message, spanId: spanId(), parentSpanId: request.spanId, name: 'send print', kind: 'PRODUCER' };
    const startMs = request.startMs - 40;
    return [request, sent, { ...message, spanId: spanId(), parentSpanId: sent.spanId, name: 'process print', kind: 'CONSUMER', startMs }];
  },
  '/not-ended': ({ endMs: _dropped, ...request }) => [request],
  '/ends-before-start': (request) => [{ ...request, endMs: request.startMs - 40 }],
};

/** Starts a service with its own tracer, which knows `traceparent` but no manifest. It exports the spans of a request before it answers. */
export async function startForeignService(otlpUrl: string): Promise<AsyncDisposable & { readonly url: string }> {
  const answer = async ({ url = '', headers }: IncomingMessage, response: ServerResponse): Promise<void> => {
    const startMs = Date.now();
    const [, traceId = '', parentSpanId = ''] = String(headers['traceparent']).split('-');
    const request = { traceId, spanId: spanId(), parentSpanId, name: `GET ${url}`, kind: 'SERVER', startMs, endMs: Date.now() } as const;
    const body = otlp('foreign', tracers[url]?.(request) ?? []);
    await fetch(`${otlpUrl}/v1/traces`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    response.end();
  };
  return listen((request, response) => void answer(request, response));
}
