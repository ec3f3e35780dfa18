import { byId, element } from '@waymark/page-kit/element';
import { findSummaries, loadServices } from '../shared/api.ts';
import { connectHeader } from '../shared/header.ts';
import { hideProblem, showProblem } from '../shared/problem.ts';
import { setUrlState, urlState } from '../shared/url-state.ts';
import { routesTable } from './routes-table.ts';
import { drawScatter } from './scatter.ts';
import { chooseRoute, chooseService, connectForm, fillForm, offerServices, readForm } from './search-form.ts';
import { addressOf, apiQuery } from './search-query.ts';
import type { Search } from './search-query.ts';
import { isBeingRead, pickedTraces, showCount, showNewer, showSummaries } from './trace-list.ts';
import type { Summary } from './summary.ts';

const REFRESH_MS = 2_000;

const live = byId('live', HTMLInputElement);
const sort = byId('sort', HTMLSelectElement);
const group = byId('group', HTMLInputElement);
let search: Search | undefined;
let newest = 0;
let found: readonly Summary[] = [];

/** Searches again and shows what has changed. While somebody reads the list, new traces wait behind a button. */
async function refresh(force: boolean): Promise<void> {
  if (!search) return;
  const asked = ++newest;
  try {
    const summaries = await findSummaries(apiQuery(search, Date.now()));
    if (asked !== newest) return;
    hideProblem();
    if (!force && !group.checked && isBeingRead()) return showNewer(summaries);
    found = summaries;
    draw(search);
  } catch (error) {
    if (asked === newest) showProblem(error);
  }
}

function draw(asked: Search): void {
  const routes = byId('routes', HTMLElement);
  routes.hidden = !group.checked;
  byId('traces', HTMLElement).hidden = group.checked;
  showCount(found, whatIfEmpty(asked));
  drawScatter(found);
  if (group.checked) routes.replaceChildren(...(found.length > 0 ? [routesTable(found, openRoute)] : []));
  else showSummaries(sorted(found));
}

function sorted(summaries: readonly Summary[]): readonly Summary[] {
  if (sort.value === 'longest') return summaries.toSorted((a, b) => Number(b.end - b.start - (a.end - a.start)));
  if (sort.value === 'errors') return summaries.toSorted((a, b) => b.errors - a.errors);
  return summaries;
}

async function submit(): Promise<void> {
  search = readForm();
  if (!search) return;
  setUrlState(addressOf(search));
  await refresh(true);
}

function openRoute(service: string, operation: string): void {
  chooseRoute(service, operation);
  group.checked = false;
  arrange();
  void submit();
}

/** Shows the traces that were found in another order, or grouped. */
function arrange(): void {
  setUrlState({ sort: sort.value === 'newest' ? '' : sort.value, group: group.checked ? 'route' : '' });
  if (search) draw(search);
}

function whatIfEmpty(asked: Search): readonly Node[] {
  const hasCondition =
    asked.service || asked.operation || asked.minDuration || asked.maxDuration || asked.errors || Object.keys(asked.attributes).length > 0;
  if (hasCondition) return [element('h3', {}, 'No trace matches'), element('p', {}, 'Remove a condition, or choose a longer time range.')];
  const endpoint = `http://${location.hostname}:4318`;
  return [
    element('h3', {}, 'No traces yet'),
    element('p', {}, 'Send OTLP over HTTP to ', element('code', {}, endpoint), '. Any OpenTelemetry SDK does so with these settings:'),
    element('pre', {}, `OTEL_EXPORTER_OTLP_ENDPOINT=${endpoint}\nOTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf`),
    element('p', {}, 'A trace appears here as soon as its first span arrives.'),
  ];
}

function showPicked(): void {
  const [first, second] = pickedTraces();
  const link = byId('compare', HTMLAnchorElement);
  link.hidden = !second;
  if (second) link.href = `/trace/${first}...${second}`;
}

/** A click on a service in the list searches for it on this page, unless it is to open elsewhere. */
function filterByService(event: MouseEvent): void {
  const link = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-service]') : null;
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  chooseService(link.dataset['service'] ?? '');
  void submit();
}

/** All services of the backend, or none if it does not answer. */
const knownServices = (): Promise<readonly string[]> => loadServices().catch(() => []);

async function keepUpToDate(): Promise<void> {
  if (live.checked && !document.hidden) {
    await refresh(false);
    offerServices(await knownServices());
  }
  setTimeout(() => void keepUpToDate(), REFRESH_MS);
}

connectHeader();
fillForm(urlState());
connectForm();
live.checked = urlState().get('live') !== 'off';
group.checked = urlState().get('group') === 'route';
sort.value = ['longest', 'errors'].find((value) => value === urlState().get('sort')) ?? 'newest';
live.addEventListener('change', () => setUrlState({ live: live.checked ? '' : 'off' }));
for (const input of [sort, group]) input.addEventListener('change', arrange);
byId('search', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault();
  void submit();
});
byId('newer', HTMLButtonElement).addEventListener('click', () => {
  scrollTo({ top: 0 });
  void refresh(true);
});
byId('traces', HTMLElement).addEventListener('change', showPicked);
byId('traces', HTMLElement).addEventListener('click', filterByService);
offerServices(await knownServices());
await submit();
setTimeout(() => void keepUpToDate(), REFRESH_MS);
