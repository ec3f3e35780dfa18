import { settled, verdict } from '@waymark/trace-model';
import type { Finding } from '@waymark/trace-model';
import { element } from './element.ts';
import type { Timeline } from './rows.ts';
import { counted, shown } from './shown.ts';

const WATCHING = 'Its spans may still be coming: this page is watching for them.';
const SETTLED = 'All that it declares of itself is here.';
const AT_FIRST = 4;
const MOST = 200;
const MOST_SPANS = 5;

/** Says in words whether the trace holds together, and each thing that was found, with buttons that go to its spans. */
export function drawVerdict(
  host: HTMLElement,
  { trace, findings, rowOf }: Timeline,
  goTo: (spanId: string) => void,
  watching: boolean,
): void {
  const [word = '', rest = ''] = verdict(trace, findings).split(/: (.*)/s);
  const open = host.querySelector('details')?.open ?? false;
  const line = element(
    'p',
    { className: 'verdict-line' },
    element('span', { className: `state ${word}` }, word[0]?.toUpperCase() + word.slice(1)),
    element('span', {}, rest),
    element('span', { className: 'soft' }, watching ? WATCHING : settled(trace).settled ? SETTLED : ''),
  );
  const errors = findings.filter(({ severity }) => severity === 'error');
  const kinds = Map.groupBy(errors, ({ code }) => code);
  const first = [...kinds.values()].flatMap((same) => same.slice(0, 1)).slice(0, AT_FIRST);
  const others = findings.filter((finding) => !first.includes(finding));
  const item = (finding: Finding): HTMLElement => findingItem(finding, rowOf, goTo);
  host.replaceChildren(line, list(first.map(item)), more(others, item, first.length > 0, open));
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
  const buttons = ids.slice(0, MOST_SPANS).map((id) => {
    const button = element('button', { type: 'button', className: 'small' }, shown(rowOf.get(id)?.span.name ?? '') || id);
    button.addEventListener('click', () => goTo(id));
    return button;
  });
  return element(
    'li',
    { className: `finding ${severity}` },
    element('code', {}, code),
    element('div', {}, element('p', {}, message), element('p', { className: 'soft' }, `Likely: ${cause}`)),
    element('p', { className: 'go-to-spans' }, 'Go to ', ...buttons),
  );
}
