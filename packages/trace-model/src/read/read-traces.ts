import type { Span, Trace } from '../trace.ts';
import { clipped } from '../text.ts';
import { tracesOf } from '../trace.ts';
import { jaegerV1Spans } from './jaeger-v1.ts';
import { describe, field, isObject, TraceFormatError } from './json.ts';
import type { JsonObject } from './json.ts';
import { otlpSpans } from './otlp.ts';

/**
 * Reads traces from OTLP (JSON or decoded protobuf), Jaeger v3 (`{ result: { resourceSpans } }`), Jaeger v1
 * (`{ data: [{ traceID, spans, processes }] }`, or a single trace of it), or a list of these, such as the chunks of a streamed response. Joins the
 * spans of each trace, and removes identical copies.
 * @throws {TraceFormatError} for other input. The message says what was found, or repeats the error response of Jaeger.
 */
export const readTraces = (json: unknown): readonly Trace[] => tracesOf(Array.isArray(json) ? json.flatMap(spansOf) : spansOf(json));

function spansOf(json: unknown): readonly Span[] {
  if (!isObject(json)) return unknown(json);
  if (Array.isArray(field(json, 'resourceSpans'))) return otlpSpans(json);
  if (isObject(json['result'])) return otlpSpans(json['result']);
  if (Array.isArray(json['spans']) && 'processes' in json) return jaegerV1Spans(json);
  const data: unknown = json['data'];
  if (!Array.isArray(data) || data.length === 0) refuseErrors(json);
  if (Array.isArray(data)) return data.flatMap(jaegerV1Spans);
  return unknown(json);
}

/** Jaeger answers `{ errors: [{ code, msg }] }` in v1 and `{ error: { httpCode, message } }` in v3. */
function refuseErrors(json: JsonObject): void {
  const { error, errors } = json;
  const v1: unknown = Array.isArray(errors) ? errors[0] : undefined;
  if (isObject(v1) && 'msg' in v1) throw refused(v1['msg'], v1['code']);
  if (isObject(error) && 'message' in error) throw refused(error['message'], error['httpCode']);
}

const refused = (message: unknown, code: unknown): TraceFormatError =>
  new TraceFormatError(`not a trace but an error answer: ${clipped(String(message))} (${clipped(String(code))})`);

function unknown(json: unknown): never {
  throw new TraceFormatError(
    `not a trace: this is ${describe(json)}. Expected OTLP (resourceSpans), Jaeger v3 (result.resourceSpans) or Jaeger v1 (data[].spans)`,
  );
}
