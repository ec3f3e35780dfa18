export { recordLog, type LogLine, type RecordedLog } from './record-log.ts';
export { environmentIn, environmentOf, pathsIn, pathsOf } from './readme.ts';
export { serve, type Served } from './serve.ts';
export { until } from './until.ts';
