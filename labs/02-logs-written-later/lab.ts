import type { Fault, Lab } from '../src/lab.ts';
import type { Run } from '../src/run.ts';

const PATHS = ['/orders/1', '/orders/2'];

export const lab: Lab = {
  title: 'Log lines that are written later',
  fails: 'log-of-another',
  ask: (url) => Promise.all(PATHS.map(async (path) => (await fetch(url + path, { method: 'POST' })).text())),
  traces: 2,
  faults: ({ traces, logs }) => PATHS.flatMap((path) => wrongLine(path, traces, logs)),
};

function wrongLine(path: string, traces: Run['traces'], logs: Run['logs']): Fault[] {
  const request = traces.find(({ spans }) => spans.some(({ attributes }) => attributes['url.path'] === path));
  const line = logs.find((one) => one['path'] === path);
  if (!request || line?.['trace_id'] === request.traceId) return [];
  if (!line) return [{ code: 'log-missing', message: `${path} logged nothing.` }];
  if (!line['trace_id']) return [{ code: 'log-without-trace', message: `The log line of ${path} has no trace id.` }];
  return [{ code: 'log-of-another', message: `The log line of ${path} has the trace id of another request.` }];
}
