import { findSummaries } from './api.ts';
import { byId, element } from './element.ts';
import { connectHeader } from './header.ts';
import { hideProblem, showProblem } from './problem.ts';
import { connectForm, fillForm, offerServices, readForm } from './search-form.ts';
import { addressOf, apiQuery } from './search-query.ts';
import type { Search } from './search-query.ts';
import { knownServices } from './service-color.ts';
import { isBeingRead, pickedTraces, showNewer, showSummaries } from './trace-list.ts';
import { setUrlState, urlState } from './url-state.ts';

const REFRESH_MS = 2_000;

const live = byId('live', HTMLInputElement);
let search: Search | undefined;
let newest = 0;
let known: readonly string[] = [];

/** Asks again and shows what has changed; while the list is being read, new traces wait behind a button. */
async function refresh(force: boolean): Promise<void> {
  if (!search) return;
  const asked = ++newest;
  try {
    const found = await findSummaries(apiQuery(search, Date.now()));
    if (asked !== newest) return;
    hideProblem();
    if (force || !isBeingRead()) showSummaries(found, whatIfEmpty(search), known);
    else showNewer(found);
  } catch (error) {
    if (asked === newest) showProblem(error);
  }
}

async function submit(): Promise<void> {
  search = readForm();
  if (!search) return;
  setUrlState(addressOf(search));
  await refresh(true);
}

function whatIfEmpty(asked: Search): readonly Node[] {
  const anything =
    asked.service || asked.operation || asked.minDuration || asked.maxDuration || asked.errors || Object.keys(asked.attributes).length > 0;
  if (anything) return [element('h3', {}, 'No trace matches'), element('p', {}, 'Take out a condition, or look further back in time.')];
  const endpoint = `http://${location.hostname}:4318`;
  return [
    element('h3', {}, 'Nothing here yet'),
    element('p', {}, 'Send OTLP over HTTP to ', element('code', {}, endpoint), '. Any OpenTelemetry SDK does so with'),
    element('pre', {}, `OTEL_EXPORTER_OTLP_ENDPOINT=${endpoint}\nOTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf`),
    element('p', {}, 'A trace appears here by itself as soon as its first span has come.'),
  ];
}

function showPicked(): void {
  const [first, second] = pickedTraces();
  const link = byId('compare', HTMLAnchorElement);
  link.hidden = !second;
  if (second) link.href = `/trace/${first}...${second}`;
}

async function keepUpToDate(): Promise<void> {
  if (live.checked && !document.hidden) {
    await refresh(false);
    offerServices((known = await knownServices()));
  }
  setTimeout(() => void keepUpToDate(), REFRESH_MS);
}

connectHeader();
fillForm(urlState());
connectForm();
live.checked = urlState().get('live') !== 'off';
live.addEventListener('change', () => setUrlState({ live: live.checked ? '' : 'off' }));
byId('search', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault();
  void submit();
});
byId('newer', HTMLButtonElement).addEventListener('click', () => {
  scrollTo({ top: 0 });
  void refresh(true);
});
byId('traces', HTMLElement).addEventListener('change', showPicked);
offerServices((known = await knownServices()));
await submit();
setTimeout(() => void keepUpToDate(), REFRESH_MS);
