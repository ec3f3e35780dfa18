import { scanRequest } from '../otlp/scan-request.ts';
import type { ScanLimits } from '../otlp/scan-request.ts';
import type { TraceStore } from '../store/trace-store.ts';
import type { Intake } from './intake.ts';

export interface OtlpLimits extends ScanLimits {
  readonly maxBodyBytes: number;
}

/** What a server needs to store the spans that it receives. */
export interface Receiver {
  readonly store: TraceStore;
  readonly limits: OtlpLimits;
  readonly intake: Intake;
}

/**
 * Stores the spans of an encoded `ExportTraceServiceRequest`. `dropped` has the reason for each attribute that was already left out. Returns the
 * `ExportTraceServiceResponse` in the shape of its JSON. Throws `Malformed` and `TooLarge`.
 */
export function takeSpans({ store, limits, intake }: Receiver, body: Buffer, dropped: readonly string[] = []): object {
  const request = scanRequest(body, limits);
  const reasons = [...request.rejected, ...store.add(request)];
  const rejected = reasons.reduce((sum, [, count]) => sum + count, 0);
  intake.took(request.spans, rejected);
  const remarks = [
    rejected > 0 && `rejected: ${reasons.map(([reason, count]) => `${count} ${reason}`).join(', ')}`,
    dropped.length > 0 && `attributes left out: ${dropped.length}, because ${dropped[0]}`,
    request.truncated > 0 && `attributes cut: ${request.truncated}`,
  ].filter((remark) => remark !== false);
  return remarks.length === 0 ? {} : { partialSuccess: partialSuccess(rejected, remarks) };
}

/** If all spans were stored, warnings come without a number of rejected spans (OTLP specification, "Partial Success"). */
const partialSuccess = (rejected: number, remarks: readonly string[]): object => ({
  ...(rejected > 0 && { rejectedSpans: String(rejected) }),
  errorMessage: remarks.join('; '),
});
