import type { Finding, Judgement } from '@waymark/trace-model';
import { element } from '@waymark/page-kit/element';
import { stateChip } from '../shared/headline.ts';
import type { Timeline } from './timeline/rows.ts';
import { counted, shown } from '../shared/shown.ts';

const WATCHING = 'More spans may still arrive. This page shows them as soon as they do.';
const AT_FIRST = 4;
const MOST = 200;
const MOST_SPANS = 5;

/**
 * Shows why the request failed or where its time went. Then the three answers: whether all spans are here, whether the work succeeded, and
 * whether the trace is sound. Each finding has buttons that go to its spans.
 */
export function drawVerdict(host: HTMLElement, { judgement, rowOf }: Timeline, goTo: (spanId: string) => void, watching: boolean): void {
  const { findings, explanation, outcome } = judgement;
  const open = host.querySelector('details')?.open ?? false;
  const errors = findings.filter(({ severity }) => severity === 'error');
  const kinds = Map.groupBy(errors, ({ code }) => code);
  const first = [...kinds.values()].flatMap((same) => same.slice(0, 1)).slice(0, AT_FIRST);
  const others = findings.filter((finding) => !first.includes(finding));
  const item = (finding: Finding): HTMLElement => findingItem(finding, rowOf, goTo);
  const cause = outcome.span && rowOf.has(outcome.span.spanId) ? [spanButton(outcome.span.spanId, 'Go to the cause', goTo)] : [];
  host.replaceChildren(
    element('p', { className: 'explanation', hidden: explanation === '' }, shown(explanation), ' ', ...cause),
    answers(judgement, watching),
    list(first.map(item)),
    more(others, item, first.length > 0, open),
  );
}

function answers({ completeness, outcome, findings, sound }: Judgement, watching: boolean): HTMLElement {
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  const notes = findings.length - errors;
  const found = [errors > 0 && counted(errors, 'error'), notes > 0 && counted(notes, 'note')].filter(Boolean).join(', ');
  const rows: [string, ...(Node | string)[]][] = [
    [
      'All here?',
      stateChip(completeness.state),
      element('span', {}, shown(completeness.sentence.replace(/^(complete, |complete$|\w+: |waiting )/, ''))),
      element('span', { className: 'soft', hidden: !watching }, WATCHING),
    ],
    ['Succeeded?', stateChip(outcome.state)],
    ['Sound?', stateChip(sound ? 'sound' : 'broken'), found || 'no findings'],
  ];
  return element(
    'dl',
    { className: 'answers' },
    ...rows.map(([name, ...said]) => element('div', {}, element('dt', {}, name), element('dd', {}, ...said))),
  );
}

const list = (items: readonly HTMLElement[]): HTMLElement =>
  element('ul', { className: 'plain findings', hidden: items.length === 0 }, ...items);

function more(others: readonly Finding[], item: (finding: Finding) => HTMLElement, after: boolean, open: boolean): HTMLElement {
  const errors = others.filter(({ severity }) => severity === 'error').length;
  const words = [errors && counted(errors, 'error'), others.length - errors && counted(others.length - errors, 'note')]
    .filter(Boolean)
    .join(' and ');
  const details = element('details', { hidden: others.length === 0, open }, element('summary', {}, after ? `${words} more` : words));
  const fill = (): void => {
    if (details.open && details.childElementCount === 1) details.append(list(others.slice(0, MOST).map(item)));
  };
  details.addEventListener('toggle', fill);
  fill();
  return details;
}

function findingItem(
  { code, severity, message, cause, spanIds }: Finding,
  rowOf: Timeline['rowOf'],
  goTo: (spanId: string) => void,
): HTMLElement {
  const ids = [...new Set(spanIds)].filter((id) => rowOf.has(id));
  const buttons = ids.slice(0, MOST_SPANS).map((id) => spanButton(id, shown(rowOf.get(id)?.span.name ?? '') || id, goTo));
  return element(
    'li',
    { className: `finding ${severity}` },
    element('code', {}, code),
    element('div', {}, element('p', {}, message), element('p', { className: 'soft' }, `Likely: ${cause}`)),
    element('p', { className: 'go-to-spans' }, 'Go to ', ...buttons),
  );
}

function spanButton(spanId: string, words: string, goTo: (spanId: string) => void): HTMLElement {
  const button = element('button', { type: 'button', className: 'small' }, words);
  button.addEventListener('click', () => goTo(spanId));
  return button;
}
