import { byId, element } from '@waymark/page-kit/element';
import { selfTimes } from '@waymark/trace-model';
import type { IncomingLink, Span, Trace } from '@waymark/trace-model';
import { drawGraph, narrowPage } from '../dependencies/graph.ts';
import { loadLinks, loadTrace } from '../shared/api.ts';
import { connectHeader } from '../shared/header.ts';
import { showProblem } from '../shared/problem.ts';
import { drawFlameGraph } from './flame-view.ts';
import { connectFiles } from './open-file.ts';
import { servicesView } from './services-view.ts';
import { spanDetail } from './span/span-detail.ts';
import { timelineOf } from './timeline/rows.ts';
import type { Row, Timeline } from './timeline/rows.ts';
import { foldsWaits, readAddress, writeAddress } from './timeline/timeline-address.ts';
import { connectKeys } from './timeline/timeline-keys.ts';
import { connectTools, showMatches } from './timeline/timeline-tools.ts';
import { TimelineView } from './timeline/timeline-view.ts';
import { drawHead } from './trace-head.ts';
import { drawVerdict } from './verdict-panel.ts';
import { connectViews } from './views.ts';
import { mayGrow, watch } from './watch.ts';

const traceId = decodeURIComponent(location.pathname.slice('/trace/'.length)).toLowerCase();
/** The page shows a file that the reader opens, and asks the backend for nothing. */
const isFile = location.pathname === '/file';
const detail = byId('detail', HTMLElement);
const fold = byId('fold', HTMLInputElement);
let view: TimelineView | undefined;
let detailed: unknown;
let incoming: readonly IncomingLink[] = [];
const ownTimes = new WeakMap<Trace, ReadonlyMap<Span, bigint>>();

function show(trace: Trace, isWatched: boolean): void {
  const timeline = timelineOf(trace, fold.checked);
  byId('absent', HTMLElement).hidden = true;
  byId('content', HTMLElement).hidden = false;
  // Folding changes nothing if there is no long wait.
  byId('fold-label', HTMLElement).hidden = timelineOf(trace, true).scale.folds.length === 0;
  drawHead(byId('title', HTMLElement), byId('facts', HTMLElement), timeline, isFile ? [] : sourceLinks(trace));
  drawVerdict(byId('verdict', HTMLElement), timeline, goTo, isWatched);
  byId('services', HTMLElement).replaceChildren(servicesView(trace));
  if (view) view.update(timeline);
  else begin((view = new TimelineView(timeline)));
  drawShownView();
}

const sourceLinks = ({ traceId }: Trace): readonly Node[] => [
  element('a', { href: `/trace/${traceId}...` }, 'Compare with …'),
  element('a', { href: `/api/v3/traces/${traceId}?rawTraces=true`, download: `${traceId}.json` }, 'JSON'),
];

/** Other traces may link here at any time, so the links are loaded again whenever the trace changes. */
async function showLinks(): Promise<void> {
  const before = incoming.length;
  incoming = await loadLinks(traceId).catch(() => incoming);
  if (incoming.length === before) return;
  detailed = undefined;
  if (view) showDetail(view);
}

function begin(made: TimelineView): void {
  readAddress(made);
  made.onChange = () => {
    writeAddress(made, fold.checked);
    showMatches(made);
    showDetail(made);
  };
  connectTools(made);
  connectKeys(made);
  connectViews(() => {
    made.drawFrame();
    drawShownView();
  });
  fold.addEventListener('change', () => made.update(timelineOf(made.timeline.trace, fold.checked)));
  narrowPage.addEventListener('change', drawShownView);
  made.draw();
}

function goTo(spanId: string): void {
  byId('tab-timeline', HTMLElement).click();
  view?.select(view.timeline.rowOf.get(spanId));
}

function showDetail({ selected, timeline }: TimelineView): void {
  if (detailed === selected) return;
  detailed = selected;
  detail.hidden = !selected;
  if (!selected) return;
  const selfTime = selfTimeOf(timeline, selected);
  detail.replaceChildren(...spanDetail(selected, { timeline, selfTime, incoming, goTo, close }));
  detail.scrollTop = 0;
}

/** Computed for the whole trace when it is first needed. */
function selfTimeOf({ trace }: Timeline, { span }: Row): bigint {
  const times = ownTimes.get(trace) ?? selfTimes(trace);
  ownTimes.set(trace, times);
  return times.get(span) ?? 0n;
}

function close(): void {
  view?.select(undefined);
  byId('rows', HTMLElement).focus();
}

/** The graphs are drawn only when they are visible. */
function drawShownView(): void {
  if (!view) return;
  const { trace } = view.timeline;
  if (!byId('graph', HTMLElement).hidden) drawGraph(byId('graph', HTMLElement), [trace]);
  if (!byId('flame', HTMLElement).hidden) drawFlameGraph(byId('flame', HTMLElement), trace);
}

function showAbsent(heading: string, words: string): void {
  const absent = byId('absent', HTMLElement);
  absent.hidden = false;
  absent.replaceChildren(
    element('h1', {}, heading),
    element('p', {}, element('code', {}, traceId)),
    element('p', {}, words),
    element('p', {}, element('a', { href: '/search' }, 'Go to the list of traces')),
  );
}

async function start(): Promise<void> {
  if (!/^([0-9a-f]{16}|[0-9a-f]{32})$/.test(traceId))
    return showAbsent('This is not a trace id', 'A trace id has 32 hex digits, or 16 in old systems.');
  let trace = await loadTrace(traceId);
  const isWatched = !trace || mayGrow(trace);
  if (trace) show(trace, isWatched);
  else showAbsent('No trace with this id', 'Its spans may still arrive. This page shows them as soon as they do.');
  byId('trace', HTMLElement).ariaBusy = 'false';
  await showLinks();
  if (!isWatched) return;
  const changed = (newer: Trace): Promise<void> => {
    show((trace = newer), true);
    return showLinks();
  };
  await watch(traceId, trace, changed, () => {
    if (trace) show(trace, false);
    else
      showAbsent(
        'No trace with this id',
        'It was never sent here, or it was deleted to make room for newer traces. Reload the page to try again.',
      );
  });
}

connectHeader();
fold.checked = foldsWaits();
if (isFile) connectFiles((trace) => show(trace, false));
else await start().catch(showProblem);
byId('trace', HTMLElement).ariaBusy = 'false';
