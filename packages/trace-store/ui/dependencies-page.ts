import { services } from '@waymark/trace-model';
import { findTraces } from './api.ts';
import { byId, element } from './element.ts';
import { drawGraph } from './graph.ts';
import { connectHeader } from './header.ts';
import { hideProblem, showProblem } from './problem.ts';
import { lookbackMs } from './search-query.ts';
import { knownServices, serviceColors } from './service-color.ts';
import { setUrlState, urlState } from './url-state.ts';

const SKEW_MS = 60_000;

const field = (id: string): HTMLSelectElement => byId(id, HTMLSelectElement);

async function show(): Promise<void> {
  const now = Date.now();
  const [lookback, limit] = [field('lookback').value, field('limit').value];
  setUrlState({ lookback, limit });
  const traces = await findTraces(
    new URLSearchParams({
      'query.startTimeMin': new Date(now - lookbackMs(lookback)).toISOString(),
      'query.startTimeMax': new Date(now + SKEW_MS).toISOString(),
      'query.searchDepth': limit,
    }),
  );
  hideProblem();
  const color = serviceColors(traces.flatMap(services), await knownServices());
  const drawn = drawGraph(byId('graph', HTMLElement), traces, color);
  byId('graph', HTMLElement).hidden = !drawn;
  const empty = byId('empty', HTMLElement);
  empty.hidden = drawn;
  const why = traces.length > 0 ? 'No service of these traces calls another, or a database.' : 'No traces in this time. Look further back.';
  empty.replaceChildren(element('h2', {}, 'Nothing to draw'), element('p', {}, why));
}

connectHeader();
for (const id of ['lookback', 'limit']) {
  const chosen = urlState().get(id);
  if ([...field(id).options].some(({ value }) => value === chosen)) field(id).value = chosen ?? '';
}
byId('range', HTMLFormElement).addEventListener('change', () => void show().catch(showProblem));
await show().catch(showProblem);
