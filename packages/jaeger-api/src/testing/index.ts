/** What tests and benchmarks of other packages need to ask a trace store or a real Jaeger. */
export { ask, send } from './ask.ts';
export type { RealJaeger } from './real-jaeger.ts';
export { jaegerIsAvailable, realJaeger } from './real-jaeger.ts';
