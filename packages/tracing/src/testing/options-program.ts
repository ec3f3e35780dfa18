// Starts tracing in code and prints the result: `options-program.ts 1 <options | own-sdk>`.
import { SamplingDecision, trace, type Context } from '@opentelemetry/api';
import { W3CBaggagePropagator } from '@opentelemetry/core';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { InMemorySpanExporter, type ReadableSpan, type Span, type SpanProcessor } from '@opentelemetry/sdk-trace';
import { traced } from '../http/node-http.ts';
import { RequestContext } from '@waymark/context';
import { annotate, inject, SegmentManifest, shutdownTracing, span, startTracing } from '../index.ts';
import { serve } from './http-server.ts';

const exported: ReadableSpan[] = [];
const exporter = new InMemorySpanExporter();
const shut = exporter.shutdown.bind(exporter);
exporter.shutdown = () => (exported.push(...exporter.getFinishedSpans()), shut());
const started: string[] = [];
const processor: SpanProcessor = {
  onStart: (one: Span, _parent: Context) => void started.push(one.name),
  onEnd() {},
  forceFlush: async () => {},
  shutdown: async () => {},
};

async function withOptions(): Promise<object> {
  startTracing({
    resource: { 'service.name': 'from code' },
    sampler: {
      shouldSample: (_context, _traceId, name) => ({
        decision: name === 'left out' ? SamplingDecision.NOT_RECORD : SamplingDecision.RECORD_AND_SAMPLED,
      }),
      toString: () => 'by name',
    },
    exporters: [exporter],
    processors: [processor],
    propagators: [new W3CBaggagePropagator()],
    baggage: ['shop.tenant'],
  });
  startTracing().extend({
    processors: [{ ...processor, onStart: (one: Span) => void one.setAttribute('added', true) }],
    baggage: ['shop.region'],
  });
  await span('kept', () => undefined);
  await span('left out', () => undefined);
  let seen: object = {};
  let headers: string[] = [];
  const listener = traced((_req, res) => {
    seen = { ...RequestContext.current().baggage() };
    headers = Object.keys(inject());
    res.end();
  });
  await using server = await serve(listener);
  await (
    await fetch(server.origin, { headers: { baggage: 'shop.tenant=acme,shop.region=eu,waymark.traffic=bench,secret=hunter2' } })
  ).text();
  await shutdownTracing();
  return {
    exported: exported.map(({ name }) => name),
    started,
    service: exported[0]?.resource.attributes['service.name'],
    baggage: seen,
    headers,
    added: exported[0]?.attributes['added'],
    spans: exported[1]?.attributes['waymark.segment.spans'],
  };
}

async function withOwnSdk(): Promise<object> {
  const ended: ReadableSpan[] = [];
  const recorder: SpanProcessor = { ...processor, onEnd: (one) => void ended.push(one) };
  const sdk = new NodeSDK({ spanProcessors: [new SegmentManifest(), recorder], instrumentations: [] });
  sdk.start();
  const listener = traced((_req, res) => {
    annotate({ 'http.route': '/orders/{id}' });
    trace.getTracer('theirs').startSpan('work').end();
    res.end();
  });
  {
    await using server = await serve(listener);
    await (await fetch(server.origin)).text();
  }
  await sdk.shutdown();
  return { exported: ended.map(({ name }) => name), manifest: ended.at(-1)?.attributes['waymark.segment.spans'] };
}

process.stdout.write(JSON.stringify(process.argv[3] === 'own-sdk' ? await withOwnSdk() : await withOptions()));
