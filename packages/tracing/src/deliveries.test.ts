import { expect, test } from '@jest/globals';
import { ExportResultCode } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';
import { countDeliveries, limitWaiting, type Deliveries } from './deliveries.ts';
import { span } from './span.ts';
import { recordSpans } from './testing/recorded-spans.ts';
import { traceBackend } from './testing/trace-backend.ts';

const recorded = recordSpans();

async function threeSpans(): Promise<ReadableSpan[]> {
  for (const name of ['a', 'b', 'c']) await span(name, () => {});
  return recorded.take(3);
}

test('a backend that fails and recovers is warned of twice, however many batches it refused, and all is counted', async () => {
  await using backend = await traceBackend();
  const deliveries: Deliveries = { waiting: 15, delivered: 0, lost: 0 };
  const warnings: string[] = [];
  const exporter = countDeliveries(new OTLPTraceExporter({ url: `${backend.origin}/v1/traces` }), deliveries, (message) =>
    warnings.push(message),
  );
  const send = async (): Promise<void> => {
    const spans = await threeSpans();
    await new Promise<void>((resolve) => exporter.export(spans, () => resolve()));
  };

  await send();
  expect(warnings).toEqual([]);
  backend.refusing = true;
  await send();
  await send();
  expect(warnings).toEqual([expect.stringMatching(/^Spans cannot be delivered and are being lost: .+/)]);
  backend.refusing = false;
  await send();
  await send();

  expect(warnings.slice(1)).toEqual(['Spans are delivered again; 6 were lost since the start']);
  expect(deliveries).toEqual({ waiting: 0, delivered: 9, lost: 6 });
  expect(backend.received.spans).toHaveLength(9);
  await exporter.shutdown();
});

test('a batch that is lost does not keep the others from being waited for', async () => {
  const refuse: SpanExporter = {
    export: (_, done) => done({ code: ExportResultCode.FAILED, error: new Error('') }),
    shutdown: () => Promise.resolve(),
  };
  const warnings: string[] = [];
  const exporter = countDeliveries(refuse, { waiting: 3, delivered: 0, lost: 0 }, (message) => warnings.push(message));
  const spans = await threeSpans();

  expect(await new Promise((resolve) => exporter.export(spans, resolve))).toEqual({ code: ExportResultCode.SUCCESS });
  expect(warnings).toEqual(['Spans cannot be delivered and are being lost: the trace backend refused them']);
});

test('no more than the limit wait; there is room again once a batch is answered', async () => {
  const deliveries: Deliveries = { waiting: 0, delivered: 0, lost: 0 };
  const taken: string[] = [];
  const warnings: string[] = [];
  const queue = {
    onStart() {},
    onEnd: ({ name }: ReadableSpan) => taken.push(name),
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  };
  const limited = limitWaiting(queue, 2, deliveries, (message) => warnings.push(message));

  for (const one of await threeSpans()) limited.onEnd(one);
  for (const one of await threeSpans()) limited.onEnd(one);
  expect(taken).toEqual(['a', 'b']);
  expect(deliveries).toEqual({ waiting: 2, delivered: 0, lost: 4 });
  expect(warnings).toEqual(['Spans are being lost: 2 wait for the trace backend, and OTEL_BSP_MAX_QUEUE_SIZE allows no more']);

  deliveries.waiting = 0;
  for (const one of await threeSpans()) limited.onEnd(one);
  expect(taken).toEqual(['a', 'b', 'a', 'b']);
  expect(warnings).toHaveLength(1);
});
