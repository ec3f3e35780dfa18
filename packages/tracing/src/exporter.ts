import { OTLPTraceExporter as OtlpGrpc } from '@opentelemetry/exporter-trace-otlp-grpc';
import { OTLPTraceExporter as OtlpJson } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as OtlpProtobuf } from '@opentelemetry/exporter-trace-otlp-proto';
import { ConsoleSpanExporter, type SpanExporter } from '@opentelemetry/sdk-trace';
import { WholeMicrosecondsZipkinExporter } from './zipkin.ts';

/**
 * The exporter that `OTEL_TRACES_EXPORTER` names: otlp (default), zipkin, console or none.
 * For otlp, `OTEL_EXPORTER_OTLP_TRACES_PROTOCOL` or `OTEL_EXPORTER_OTLP_PROTOCOL` chooses http/protobuf (default), http/json or grpc.
 * Endpoints, headers and time-outs are read by the exporters themselves, as the OpenTelemetry specification has them.
 * @throws {Error} for a name that is none of these
 */
export function exporterFromEnv(env: NodeJS.ProcessEnv): SpanExporter | undefined {
  const name = env['OTEL_TRACES_EXPORTER'] || 'otlp';
  switch (name) {
    case 'otlp':
      return otlpExporter(env['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL'] || env['OTEL_EXPORTER_OTLP_PROTOCOL'] || 'http/protobuf');
    case 'zipkin':
      return new WholeMicrosecondsZipkinExporter();
    case 'console':
      return new ConsoleSpanExporter();
    case 'none':
      return undefined;
    default:
      throw new Error(`OTEL_TRACES_EXPORTER is "${name}"; it takes otlp, zipkin, console or none`);
  }
}

function otlpExporter(protocol: string): SpanExporter {
  switch (protocol) {
    case 'http/protobuf':
      return new OtlpProtobuf();
    case 'http/json':
      return new OtlpJson();
    case 'grpc':
      return new OtlpGrpc();
    default:
      throw new Error(`OTEL_EXPORTER_OTLP_PROTOCOL is "${protocol}"; it takes http/protobuf, http/json or grpc`);
  }
}
