import { findTraces } from '../shared/api.ts';
import { byId, element } from '@waymark/page-kit/element';
import { drawGraph, narrowPage } from './graph.ts';
import { connectHeader } from '../shared/header.ts';
import { hideProblem, showProblem } from '../shared/problem.ts';
import { lookbackMs } from '../search/search-query.ts';
import { setUrlState, urlState } from '../shared/url-state.ts';

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
  const drawn = drawGraph(byId('graph', HTMLElement), traces);
  byId('graph', HTMLElement).hidden = !drawn;
  const empty = byId('empty', HTMLElement);
  empty.hidden = drawn;
  const why =
    traces.length > 0
      ? 'No service in these traces calls another one, or a database.'
      : 'There are no traces in this time range. Choose a longer one.';
  empty.replaceChildren(element('h2', {}, 'Nothing to draw'), element('p', {}, why));
}

connectHeader();
for (const id of ['lookback', 'limit']) {
  const chosen = urlState().get(id);
  if ([...field(id).options].some(({ value }) => value === chosen)) field(id).value = chosen ?? '';
}
for (const changing of [byId('range', HTMLFormElement), narrowPage])
  changing.addEventListener('change', () => void show().catch(showProblem));
await show().catch(showProblem);
