import { fields } from './proto-reader.ts';

/** How many spans of an accepted batch the backend rejected, and why. */
export interface PartialSuccess {
  readonly rejected: number;
  readonly reason: string;
}

const ALL: PartialSuccess = { rejected: 0, reason: '' };

/**
 * Reads `partial_success` from an ExportTraceServiceResponse. Some backends respond in JSON or plain text instead of protobuf. If the
 * response can't be read, the status 200 counts: all spans were accepted.
 */
export function readPartialSuccess(body: Uint8Array, contentType = ''): PartialSuccess {
  if (body.length === 0) return ALL;
  try {
    return contentType.includes('json') ? fromJson(body) : fromProtobuf(body);
  } catch {
    return ALL;
  }
}

function fromJson(body: Uint8Array): PartialSuccess {
  const { partialSuccess } = JSON.parse(Buffer.from(body).toString()) as {
    partialSuccess?: { rejectedSpans?: string | number; errorMessage?: string };
  };
  const rejected = Number(partialSuccess?.rejectedSpans ?? 0);
  return rejected > 0 ? { rejected, reason: partialSuccess?.errorMessage ?? '' } : ALL;
}

function fromProtobuf(body: Uint8Array): PartialSuccess {
  let rejected = 0;
  let reason = '';
  for (const [field, value] of fields(body)) {
    if (field !== 1 || typeof value === 'number') continue;
    for (const [inner, content] of fields(value)) {
      if (inner === 1 && typeof content === 'number') rejected = content;
      if (inner === 2 && typeof content !== 'number') reason = Buffer.from(content).toString();
    }
  }
  return { rejected, reason };
}
