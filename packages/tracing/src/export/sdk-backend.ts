import { ExportResultCode, type ExportResult } from '@opentelemetry/core';
import type { ReadableSpan, SpanExporter } from '../provider/interfaces.ts';
import { writeSpan } from './otlp.ts';
import { mayPass } from './otlp-http-backend.ts';
import { ProtoWriter } from './proto-writer.ts';
import type { Answer, Backend } from './span-queue.ts';

/** Estimates a span's memory, a little above what was measured: 914 to 2,495 bytes for spans whose encoded size is 213 to 1,010 bytes. */
const memoryOf = (encodedBytes: number): number => 700 + 2 * encodedBytes;
/** gRPC statuses that OTLP allows to retry: cancelled, deadline exceeded, resource exhausted, aborted, out of range, unavailable, data loss. */
const GRPC_MAY_PASS: ReadonlySet<number> = new Set([1, 4, 8, 10, 11, 14, 15]);

/**
 * A backend that spans are sent to with one of the SDK's exporters. The exporter is loaded with the first batch.
 * @param name names the backend in messages
 */
export function sdkBackend(name: string, load: () => SpanExporter): Backend<ReadableSpan[]> {
  let exporter: SpanExporter | undefined;
  let open: ReadableSpan[] = [];
  const scale = new ProtoWriter(1_024);
  return {
    name,
    add(span, room) {
      scale.length = 0;
      writeSpan(scale, span);
      const bytes = memoryOf(scale.length);
      if (bytes > room) return undefined;
      open.push(span);
      return bytes;
    },
    take() {
      const batch = open;
      open = [];
      return batch;
    },
    async send(batch, signal) {
      try {
        await batch[0]?.resource.waitForAsyncAttributes?.();
        return answerOf(await exported((exporter ??= load()), batch, signal));
      } catch (error) {
        return { outcome: 'refused', reason: (error as Error).message };
      }
    },
    async close() {
      // Not awaited: the exporter's shutdown waits for exports that have already timed out.
      void exporter?.shutdown().catch(() => undefined);
    },
  };
}

async function exported(exporter: SpanExporter, batch: ReadableSpan[], signal: AbortSignal): Promise<ExportResult> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve({ code: ExportResultCode.FAILED, error: new Error('the export timed out') }), {
      once: true,
    });
    exporter.export(batch, resolve);
  });
}

function answerOf({ code, error }: ExportResult): Answer {
  if (code === ExportResultCode.SUCCESS) return { outcome: 'delivered', rejected: 0, reason: '' };
  const reason = error?.message || (error as { code?: string } | undefined)?.code || 'the exporter failed';
  return { outcome: isRefusal(error) ? 'refused' : 'unavailable', reason };
}

/** OTLP exporters put the HTTP or gRPC status into `code`. The Zipkin exporter only puts it into the message. */
function isRefusal(error: (Error & { code?: unknown }) | undefined): boolean {
  const status = typeof error?.code === 'number' ? error.code : Number(/status code from zipkin: (\d+)$/.exec(error?.message ?? '')?.[1]);
  if (Number.isNaN(status)) return false;
  return status < 100 ? !GRPC_MAY_PASS.has(status) : !mayPass(status);
}
