import { setTimeout as sleep } from 'node:timers/promises';
import { traceBackend } from '../../traces/trace-backend.ts';
import { TraceBackendError } from '../../traces/trace-backend-error.ts';
import type { Command } from '../command.ts';
import { json } from '../json.ts';
import { judged, report } from '../judged.ts';
import { Misuse } from '../misuse.ts';
import { NewTraces } from '../new-traces.ts';
import { traceRow } from '../trace-row.ts';

const PAUSE_MS = 1000;

export const watch: Command = {
  name: 'watch',
  operands: '[service]…',
  summary: 'Prints each new trace on a line, with its verdict',
  details:
    'A trace is printed as soon as its manifest says that it is complete, or if it has not grown for 3 s. --json prints a line of JSON for each. Ctrl-C ends it.',
  options: {},
  async run({ operands, url, json: asJson }, io) {
    if (operands.includes('-')) throw new Misuse('watch follows a backend, not standard input.');
    const backend = traceBackend(url);
    const stop = io.interrupted();
    const traces = new NewTraces(Date.now());
    const known = await backend.services(stop);
    if (!asJson) io.remark(`watching ${operands.join(', ') || 'all services'} at ${backend.url}; Ctrl-C ends it`);
    let services = operands.length > 0 ? operands : known;
    while (!stop.aborted) {
      for (const service of services) traces.add(await backend.search({ service, ...traces.window() }, stop).catch(unlessStopped(stop)));
      for (const one of traces.due().map(judged)) io.print(asJson ? json(report(one), 0) : traceRow(one, io));
      await sleep(PAUSE_MS, undefined, { signal: stop }).catch(() => undefined);
      if (operands.length === 0 && !stop.aborted) services = await backend.services(stop).catch(unlessStopped(stop));
    }
    return 0;
  },
};

/** Ignores requests that Ctrl-C aborted, and errors that a retry may fix: the next round asks again. */
const unlessStopped =
  (stop: AbortSignal) =>
  (error: unknown): [] => {
    if (stop.aborted || (error instanceof TraceBackendError && error.passing)) return [];
    throw error;
  };
