import { attributeText, attributesOf } from '@waymark/span-store';
import type { Holder, Json, PlacedSpan } from '@waymark/span-store';
import { v1Span } from './v1-span.ts';
import { v1Tags } from './v1-tags.ts';
import { shortTraceId } from '../parameters.ts';

/** A trace in the JSON of Jaeger's v1 API: its spans, then the processes that they refer to. */
export function* v1TraceText(traceId: string, spans: Iterable<PlacedSpan>, held: Holder): Generator<string> {
  const processes = new Map<string, string>();
  let before: PlacedSpan | undefined;
  let processID = '';
  yield `{"traceID":${JSON.stringify(shortTraceId(traceId))},"spans":[`;
  for (const placed of spans) {
    if (placed.resource !== before?.resource) processID = processOf(placed.resource, processes, held);
    yield `${before === undefined ? '' : ','}${JSON.stringify(v1Span(placed.span, placed.scope['scope'] as Json, processID))}`;
    before = placed;
  }
  yield `],"processes":{`;
  let comma = '';
  for (const [process, id] of processes) {
    yield `${comma}"${id}":${process}`;
    comma = ',';
  }
  yield '},"warnings":null}';
}

function processOf({ resource }: Json, processes: Map<string, string>, held: Holder): string {
  const process = JSON.stringify(v1Process(resource));
  let id = processes.get(process);
  if (id === undefined) {
    held.add(process.length);
    processes.set(process, (id = `p${processes.size + 1}`));
  }
  return id;
}

function v1Process(resource: unknown): object {
  const attributes = attributesOf(resource);
  const service = attributes.find(({ key }) => key === 'service.name');
  return {
    serviceName: service === undefined ? 'missing-service-name' : attributeText(service.value) || 'empty-service-name',
    tags: v1Tags(attributes.filter((attribute) => attribute !== service)),
  };
}
