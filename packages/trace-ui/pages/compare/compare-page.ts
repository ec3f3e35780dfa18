import { compare } from '@waymark/trace-model';
import type { ComparedSpan, Comparison, Trace } from '@waymark/trace-model';
import { loadTrace } from '../shared/api.ts';
import { comparedRow } from './compare-row.ts';
import { drawSummary } from './compare-summary.ts';
import { byId, element } from '@waymark/page-kit/element';
import { connectHeader, traceIdIn } from '../shared/header.ts';
import { showProblem } from '../shared/problem.ts';
import { RowList } from '../shared/row-list.ts';
import { setUrlState, urlState } from '../shared/url-state.ts';

const ROW_PX = 32;

const first = byId('first', HTMLInputElement);
const second = byId('second', HTMLInputElement);
const changed = byId('changed', HTMLInputElement);

function open(a: string, b: string): void {
  location.assign(`/trace/${encodeURIComponent(traceIdIn(a))}...${encodeURIComponent(traceIdIn(b))}`);
}

async function show(): Promise<void> {
  const empty = byId('empty', HTMLElement);
  const [a, b] = await Promise.all([first.value, second.value].map(async (id) => (id ? loadTrace(id) : undefined)));
  if (a && b) {
    byId('content', HTMLElement).hidden = false;
    showComparison(a, b);
    return;
  }
  empty.hidden = false;
  const missing = [first, second].filter(({ value }, place) => value && ![a, b][place]).map(({ value }) => value);
  const words =
    missing.length > 0 ? `No trace has the id ${missing.join(' or ')}.` : 'Enter the ids of two traces, or select two traces in the list.';
  empty.replaceChildren(element('p', {}, words), element('p', {}, element('a', { href: '/search' }, 'Go to the list of traces')));
}

function showComparison(a: Trace, b: Trace): void {
  const comparison = compare(a, b);
  drawSummary(byId('summary', HTMLElement), a, b, comparison);
  const most = comparison.spans.reduce((most, { slower }) => Math.max(most, Math.abs(Number(slower))), 1);
  let spans: readonly ComparedSpan[] = [];
  const list = new RowList(byId('rows', HTMLElement), ROW_PX, (place) => comparedRow(spans[place] as ComparedSpan, most));
  const draw = (): void => {
    spans = wanted(comparison);
    list.show(spans.length);
    setUrlState({ changed: changed.checked ? 'only' : '' });
  };
  changed.addEventListener('change', draw);
  draw();
}

const wanted = ({ spans }: Comparison): readonly ComparedSpan[] =>
  changed.checked ? spans.filter(({ a, b, statusChanged }) => !a || !b || statusChanged) : spans;

connectHeader();
const [a = '', b = ''] = location.pathname.slice('/trace/'.length).split('...').map(decodeURIComponent);
first.value = a;
second.value = b;
changed.checked = urlState().get('changed') === 'only';
byId('choose', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault();
  open(first.value, second.value);
});
byId('swap', HTMLButtonElement).addEventListener('click', () => open(second.value, first.value));
await show().catch(showProblem);
