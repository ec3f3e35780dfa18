import { selfTimes, services } from '@waymark/trace-model';
import type { IncomingLink, Span, Trace } from '@waymark/trace-model';
import { loadLinks, loadTrace } from './api.ts';
import { byId, element } from './element.ts';
import { drawGraph } from './graph.ts';
import { connectHeader } from './header.ts';
import { showProblem } from './problem.ts';
import { timelineOf } from './rows.ts';
import type { Row, Timeline } from './rows.ts';
import { knownServices, serviceColors } from './service-color.ts';
import { servicesView } from './services-view.ts';
import { spanDetail } from './span-detail.ts';
import { readAddress, writeAddress } from './timeline-address.ts';
import { connectKeys } from './timeline-keys.ts';
import { connectTools, showMatches } from './timeline-tools.ts';
import { TimelineView } from './timeline-view.ts';
import { drawHead } from './trace-head.ts';
import { drawVerdict } from './verdict-panel.ts';
import { connectViews } from './views.ts';
import { mayGrow, watch } from './watch.ts';

const traceId = decodeURIComponent(location.pathname.slice('/trace/'.length)).toLowerCase();
const detail = byId('detail', HTMLElement);
let view: TimelineView | undefined;
const known = knownServices();
let color = serviceColors([], []);
let detailed: unknown;
let incoming: readonly IncomingLink[] = [];
const ownTimes = new WeakMap<Trace, ReadonlyMap<Span, bigint>>();

async function show(trace: Trace, watching: boolean): Promise<void> {
  color = serviceColors(services(trace), await known);
  const timeline = timelineOf(trace);
  byId('absent', HTMLElement).hidden = true;
  byId('content', HTMLElement).hidden = false;
  drawHead(byId('title', HTMLElement), byId('facts', HTMLElement), timeline, color);
  drawVerdict(byId('verdict', HTMLElement), timeline, goTo, watching);
  byId('services', HTMLElement).replaceChildren(servicesView([trace], color));
  if (view) view.update(timeline, color);
  else begin((view = new TimelineView(timeline, color)));
  drawGraphIfShown();
}

/** Other traces may link here at any time, so the links are asked for anew with each change of the trace. */
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
    writeAddress(made);
    showMatches(made);
    showDetail(made);
  };
  connectTools(made);
  connectKeys(made);
  connectViews(() => {
    made.drawFrame();
    drawGraphIfShown();
  });
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
  detail.replaceChildren(...spanDetail(selected, { timeline, color, selfTime, incoming, goTo, close }));
  detail.scrollTop = 0;
}

/** Worked out for the whole trace when it is first asked for. */
function selfTimeOf({ trace }: Timeline, { span }: Row): bigint {
  const times = ownTimes.get(trace) ?? selfTimes(trace);
  ownTimes.set(trace, times);
  return times.get(span) ?? 0n;
}

function close(): void {
  view?.select(undefined);
  byId('rows', HTMLElement).focus();
}

function drawGraphIfShown(): void {
  const host = byId('graph', HTMLElement);
  if (view && !host.hidden) drawGraph(host, [view.timeline.trace], color);
}

function showAbsent(watching: boolean): void {
  const absent = byId('absent', HTMLElement);
  absent.hidden = false;
  absent.replaceChildren(
    element('h1', {}, 'No trace with this id'),
    element('p', {}, element('code', {}, traceId)),
    element(
      'p',
      {},
      watching
        ? 'Its spans may still be on their way: this page is watching for them.'
        : 'It was never sent here, or it was the oldest when room was needed. Reload to look again.',
    ),
    element('p', {}, element('a', { href: '/search' }, 'See the traces that are here')),
  );
}

async function start(): Promise<void> {
  let trace = await loadTrace(traceId);
  const watching = !trace || mayGrow(trace);
  if (trace) await show(trace, watching);
  else showAbsent(true);
  byId('trace', HTMLElement).ariaBusy = 'false';
  await showLinks();
  if (!watching) return;
  const changed = (newer: Trace): Promise<void> => show((trace = newer), true).then(showLinks);
  await watch(traceId, trace, changed, () => (trace ? void show(trace, false) : showAbsent(false)));
}

connectHeader();
await start().catch(showProblem);
