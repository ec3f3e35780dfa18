import type { ResourceSpansJson } from '../store/read-trace.ts';
import { v1Span } from './v1-span.ts';
import { v1Tags } from './v1-tags.ts';
import { attributesOf, attributeText } from '../otlp/attributes.ts';
import { shortTraceId } from './trace-id.ts';

/** A trace in the JSON of Jaeger's v1 API. */
export function v1Trace(traceId: string, trace: readonly ResourceSpansJson[]): object {
  const processes = new Map<string, string>();
  const spans = trace.flatMap(({ resource, scopeSpans }) => {
    const process = JSON.stringify(v1Process(resource));
    const processID = processes.get(process) ?? `p${processes.size + 1}`;
    processes.set(process, processID);
    return scopeSpans.flatMap(({ scope, spans }) => spans.map((span) => v1Span(span, scope, processID)));
  });
  const named = [...processes].map(([process, id]) => [id, JSON.parse(process) as object] as const);
  return { traceID: shortTraceId(traceId), spans, processes: Object.fromEntries(named), warnings: null };
}

function v1Process(resource: unknown): object {
  const attributes = attributesOf(resource);
  const service = attributes.find(({ key }) => key === 'service.name');
  return {
    serviceName: service === undefined ? 'missing-service-name' : attributeText(service.value) || 'empty-service-name',
    tags: v1Tags(attributes.filter((attribute) => attribute !== service)),
  };
}
