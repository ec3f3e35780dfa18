/** What a benchmark or a test of another package needs to feed a trace store or a Jaeger. */
import { encode } from '../otlp/encode.ts';
import { ExportRequest } from '../otlp/schema.ts';

export type { RealJaeger } from './real-jaeger.ts';
export { jaegerIsAvailable, realJaeger } from './real-jaeger.ts';

/** An OTLP/JSON request as protobuf. */
export const encodeRequest = (request: object): Buffer => Buffer.from(encode(ExportRequest, request));
