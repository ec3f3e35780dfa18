import { byId, element } from '@waymark/page-kit/element';
import { formatDuration } from '@waymark/trace-model';
import { lookbackMs } from '../search/search-query.ts';
import { loadMonitor } from '../shared/api.ts';
import { connectHeader } from '../shared/header.ts';
import { hideProblem, showProblem } from '../shared/problem.ts';
import { counted } from '../shared/shown.ts';
import { setUrlState, urlState } from '../shared/url-state.ts';
import type { Monitor } from './monitor.ts';
import { showOperations } from './monitor-table.ts';

const REFRESH_MS = 2_000;

const lookback = byId('lookback', HTMLSelectElement);
const live = byId('live', HTMLInputElement);
let newest = 0;

async function refresh(): Promise<void> {
  const asked = ++newest;
  const [chosen, monitor] = [lookback.value, await loadMonitor(lookback.value)];
  if (asked !== newest) return;
  hideProblem();
  draw(monitor, chosen);
}

function draw(monitor: Monitor | undefined, chosen: string): void {
  const isEmpty = !monitor || monitor.operations.length === 0;
  byId('table', HTMLElement).hidden = isEmpty;
  byId('empty', HTMLElement).hidden = !isEmpty;
  byId('window', HTMLElement).textContent = monitor ? sentence(monitor, chosen) : '';
  if (monitor && !isEmpty) return showOperations(monitor, chosen);
  const why = monitor ? 'No service answered a request in this time.' : 'This trace backend has no /api/monitor.';
  byId('empty', HTMLElement).replaceChildren(element('h2', {}, 'Nothing to show'), element('p', {}, why));
}

function sentence({ window, others }: Monitor, chosen: string): string {
  const isShort = Number(window / 1_000_000n) < lookbackMs(chosen);
  const reach = isShort ? `; the trace store knows no earlier ones` : '';
  const rest = others > 0 ? ` ${counted(others, 'operation')} with fewer requests are not shown.` : '';
  return `Requests of the last ${formatDuration(window)}${reach}.${rest}`;
}

/** The table costs the trace store more the more requests there are, so a slow answer is asked for less often. */
async function keepUpToDate(): Promise<void> {
  const from = performance.now();
  if (live.checked && !document.hidden) await refresh().catch(showProblem);
  setTimeout(() => void keepUpToDate(), Math.max(REFRESH_MS, 10 * (performance.now() - from)));
}

connectHeader();
const chosen = urlState().get('lookback');
if ([...lookback.options].some(({ value }) => value === chosen)) lookback.value = chosen ?? '';
live.checked = urlState().get('live') !== 'off';
live.addEventListener('change', () => setUrlState({ live: live.checked ? '' : 'off' }));
lookback.addEventListener('change', () => {
  setUrlState({ lookback: lookback.value });
  void refresh().catch(showProblem);
});
await refresh().catch(showProblem);
setTimeout(() => void keepUpToDate(), REFRESH_MS);
