import { byId } from '@waymark/page-kit/element';
import { counted } from '../shared/shown.ts';
import type { Summary } from './summary.ts';
import { traceItem } from './trace-item.ts';

const list = byId('traces', HTMLOListElement);
const newer = byId('newer', HTMLButtonElement);

/** What each item of the list was made from. */
let shown = new Map<string, string>();

/** Shows how many traces there are, or `ifEmpty` if there are none. */
export function showCount(summaries: readonly Summary[], ifEmpty: readonly Node[]): void {
  byId('found', HTMLElement).textContent = counted(summaries.length, 'trace');
  const empty = byId('empty', HTMLElement);
  empty.hidden = summaries.length > 0;
  if (empty.textContent !== ifEmpty.map((node) => node.textContent).join('')) empty.replaceChildren(...ifEmpty);
  newer.hidden = true;
}

/** Shows these traces. An item that has not changed stays the same element, so it keeps its focus and its checkbox. */
export function showSummaries(summaries: readonly Summary[]): void {
  const longest = summaries.reduce((most, { start, end }) => (end - start > most ? end - start : most), 0n);
  const before = new Map(items().map((item) => [item.dataset['trace'], item]));
  const picked = new Set(pickedTraces());
  const after = summaries.map((summary) => {
    const same = before.get(summary.traceId);
    if (same && shown.get(summary.traceId) === signature(summary, longest)) return same;
    const made = traceItem(summary, longest);
    for (const box of boxes(made)) box.checked = picked.has(box.value);
    return made;
  });
  shown = new Map(summaries.map((summary) => [summary.traceId, signature(summary, longest)]));
  if (after.length !== list.children.length || after.some((item, place) => list.children[place] !== item)) list.replaceChildren(...after);
}

/** Shows how many new traces there are, without moving the list. */
export function showNewer(summaries: readonly Summary[]): void {
  const unseen = summaries.filter(({ traceId }) => !shown.has(traceId)).length;
  newer.hidden = unseen === 0;
  newer.textContent = `Show ${counted(unseen, 'new trace')}`;
}

/** Whether somebody is using the list now, so that it must not move. */
export const isBeingRead = (): boolean =>
  items().length > 0 && (scrollY > 0 || list.matches(':hover, :focus-within') || pickedTraces().length > 0);

/** The ids of the traces that are selected for comparison: at most two. Selecting a third one deselects the first. */
export function pickedTraces(): readonly string[] {
  return items()
    .flatMap(boxes)
    .filter(({ checked }) => checked)
    .map(({ value }) => value);
}

const items = (): HTMLElement[] => [...list.querySelectorAll<HTMLElement>(':scope > li')];
const boxes = (item: HTMLElement): HTMLInputElement[] => [...item.querySelectorAll<HTMLInputElement>('input[name=compare]')];
const signature = ({ spans, errors, end, rootName }: Summary, longest: bigint): string => [spans, errors, end, rootName, longest].join('/');

list.addEventListener('change', ({ target }) => {
  const others = items()
    .flatMap(boxes)
    .filter((box) => box.checked && box !== target);
  if (others.length > 1 && others[0]) others[0].checked = false;
});
