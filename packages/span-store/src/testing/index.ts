/** What tests of other packages need to fill a store. */
import { encode, encodeJson } from '../otlp/encode.ts';
import { scanRequest } from '../otlp/scan-request.ts';
import { ExportRequest } from '../otlp/schema.ts';
import { TraceStore } from '../store/trace-store.ts';

export { attribute, request, span, TIME } from './otlp.ts';

/** An OTLP/JSON request as protobuf. */
export const encodeRequest = (json: object): Buffer => Buffer.from(encode(ExportRequest, json));

/** The same from JSON text, which can have numbers such as -0.0 that `JSON.stringify` cannot write. */
export const encodeText = (json: string): Buffer => Buffer.from(encodeJson(ExportRequest, Buffer.from(json)).bytes);

/** A store without ports. */
export const emptyStore = (maxBytes: number): TraceStore => new TraceStore(maxBytes, 100_000);

/** Adds the spans of an OTLP/JSON request to a store. */
export function addSpans(store: TraceStore, json: object): void {
  const limits = { maxSpans: 100_000, maxAttributeBytes: 65_536, maxSpanBytes: 1_000_000, maxOriginBytes: 100_000 };
  store.add(scanRequest(encodeRequest(json), limits));
}
