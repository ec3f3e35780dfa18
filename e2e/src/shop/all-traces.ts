import { readTraces, type Trace } from '@waymark/trace-model';

/** All traces of the last ten minutes in a trace backend. `url` is the address of its UI. */
export async function allTraces(url: string): Promise<readonly Trace[]> {
  const { services = [] } = (await (await fetch(`${url}/api/v3/services`)).json()) as { services?: readonly string[] };
  const found = new Map<string, Trace>();
  for (const service of services) {
    const answer = await fetch(`${url}/api/v3/traces?${queryFor(service)}`);
    if (answer.ok) for (const trace of readTraces(await answer.json())) found.set(trace.traceId, trace);
  }
  return [...found.values()];
}

/** Jaeger 2.19 and newer use camelCase names, older versions snake_case. The range ends in the future, because a clock may be ahead. */
function queryFor(service: string): string {
  const wished = {
    serviceName: service,
    startTimeMin: new Date(Date.now() - 600_000).toISOString(),
    startTimeMax: new Date(Date.now() + 86_400_000).toISOString(),
    searchDepth: '1500',
    numTraces: '1500',
    rawTraces: 'true',
  };
  const names = Object.entries(wished).flatMap(([name, value]): [string, string][] => [
    [`query.${name}`, value],
    [`query.${name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`, value],
  ]);
  return new URLSearchParams(names).toString();
}

/** The ids of the traces that a search page of a trace backend shows, by its address. */
export async function traceIdsBehind({ origin, search }: URL): Promise<string[]> {
  const { data } = (await (await fetch(`${origin}/api/traces${search}`)).json()) as { data: { traceID: string }[] };
  return data.map(({ traceID }) => traceID);
}
