export { runProgram, type Program } from './program.ts';
export { recordLog, type LogLine, type RecordedLog } from './record-log.ts';
export { environmentIn, environmentOf, pathsIn, pathsOf } from './readme.ts';
export { serve, type Served } from './serve.ts';
export { attribute, links, receivedSpans, type ReceivedSpan } from './span-receiver.ts';
export { until } from './until.ts';
