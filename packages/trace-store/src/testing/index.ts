/** What a benchmark or a test of another package needs to feed a trace store or a Jaeger. */
export type { RealJaeger } from '@waymark/jaeger-api/testing';
export { jaegerIsAvailable, realJaeger } from '@waymark/jaeger-api/testing';
export { encodeRequest } from '@waymark/span-store/testing';
