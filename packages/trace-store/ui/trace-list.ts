import { byId } from './element.ts';
import { counted } from './shown.ts';
import { serviceColors } from './service-color.ts';
import type { Summary } from './summary.ts';
import { traceItem } from './trace-item.ts';

const list = byId('traces', HTMLOListElement);
const newer = byId('newer', HTMLButtonElement);

/** What each item of the list was made from. */
let shown = new Map<string, string>();

/** Shows these traces. An item that has not changed stays the same element: what is focused or picked in it stays so. */
export function showSummaries(summaries: readonly Summary[], ifEmpty: readonly Node[], known: readonly string[]): void {
  const longest = summaries.reduce((most, { start, end }) => (end - start > most ? end - start : most), 0n);
  const before = new Map(items().map((item) => [item.dataset['trace'], item]));
  const picked = new Set(pickedTraces());
  const color = serviceColors(
    summaries.flatMap(({ services }) => services.map(({ name }) => name)),
    known,
  );
  const after = summaries.map((summary) => {
    const same = before.get(summary.traceId);
    if (same && shown.get(summary.traceId) === signature(summary, longest)) return same;
    const made = traceItem(summary, longest, color);
    for (const box of boxes(made)) box.checked = picked.has(box.value);
    return made;
  });
  shown = new Map(summaries.map((summary) => [summary.traceId, signature(summary, longest)]));
  if (after.length !== list.children.length || after.some((item, place) => list.children[place] !== item)) list.replaceChildren(...after);
  byId('found', HTMLElement).textContent = counted(summaries.length, 'trace');
  const empty = byId('empty', HTMLElement);
  empty.hidden = summaries.length > 0;
  if (empty.textContent !== ifEmpty.map((node) => node.textContent).join('')) empty.replaceChildren(...ifEmpty);
  newer.hidden = true;
}

/** Says how many traces have come since, without moving the list. */
export function showNewer(summaries: readonly Summary[]): void {
  const unseen = summaries.filter(({ traceId }) => !shown.has(traceId)).length;
  newer.hidden = unseen === 0;
  newer.textContent = `Show ${counted(unseen, 'new trace')}`;
}

/** Whether somebody is at an item now: the list must not move under them. */
export const isBeingRead = (): boolean =>
  items().length > 0 && (scrollY > 0 || list.matches(':hover, :focus-within') || pickedTraces().length > 0);

/** The ids of the traces picked to be compared, at most two: picking a third lets the first go. */
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
