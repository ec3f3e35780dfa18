import { element } from '@waymark/page-kit/element';
import { formatDuration } from '@waymark/trace-model';
import type { Timeline } from './rows.ts';
import type { Stretch } from './time-scale.ts';
import { ticks } from './zoom.ts';

const TICK_PX = 110;

/** Draws round times since the trace began over the window, and gives the rows lines at the same places. After a folded wait the times count from its end. */
export function drawRuler(host: HTMLElement, rows: HTMLElement, { scale }: Timeline, window: Stretch): void {
  const [from, to] = window;
  const most = host.clientWidth / TICK_PX;
  const share = (place: number): number => ((place - from) / (to - from)) * 100;
  const parts = scale.parts.map(([start, end]): Stretch => [Math.max(from, start), Math.min(to, end)]);
  const made = parts.flatMap(([start, end], at) => {
    if (end <= start) return [];
    const zero = at === 0 ? 0 : (scale.parts[at]?.[0] ?? 0);
    const moments = ticks([start - zero, end - zero], (most * (end - start)) / (to - from));
    return labels(moments, at > 0).map((label, place) => tick(label, share((moments[place] ?? 0) + zero)));
  });
  const folds = scale.folds.map(([start, end]) => {
    const wait = element('span', { className: 'fold-label' }, `⋯ ${formatDuration(BigInt(Math.round(end - start)))} ⋯`);
    wait.style.left = `${share((scale.place(start) + scale.place(end)) / 2)}%`;
    return wait;
  });
  host.replaceChildren(...made, ...folds);
  makeRoom(host);
  const moments = ticks(window, most);
  const step = (moments[1] ?? 0) - (moments[0] ?? 0);
  const pixels = (time: number): string => `${(time / (to - from)) * host.clientWidth}px`;
  const isFolded = parts.filter(([start, end]) => end > start).length > 1;
  rows.style.setProperty('--line-step', pixels(step > 0 && !isFolded ? step : to - from));
  rows.style.setProperty('--line-first', pixels(isFolded ? 0 : (moments[0] ?? from) - from));
}

/** A zoomed window is far from the start: where its times would all read the same, those after the first say how much later they are. */
function labels(moments: readonly number[], afterWait: boolean): readonly string[] {
  const whole = moments.map((moment) => (afterWait ? `+${text(moment)}` : text(moment)));
  const isClear = new Set(whole).size === whole.length;
  return isClear ? whole : moments.map((moment, at) => (at === 0 ? text(moment) : `+${text(moment - (moments[0] ?? 0))}`));
}

const text = (moment: number): string => (moment === 0 ? '0' : formatDuration(BigInt(Math.round(moment))));

function tick(label: string, left: number): HTMLElement {
  const made = element('span', { className: 'tick' }, label);
  made.style.left = `${left}%`;
  return made;
}

/** The last label stands before its line if there is no room after it; a label that would cover another is left out. */
function makeRoom(host: HTMLElement): void {
  const last = [...host.querySelectorAll<HTMLElement>('.tick')].at(-1);
  if (last && last.offsetLeft + last.offsetWidth > host.clientWidth) last.classList.add('before');
  const taken = [...host.querySelectorAll<HTMLElement>('.fold-label')].map((label) => label.getBoundingClientRect());
  for (const label of host.querySelectorAll<HTMLElement>('.tick')) {
    const { left, right } = label.getBoundingClientRect();
    if (taken.some((other) => left < other.right && right > other.left)) label.remove();
    else taken.push(label.getBoundingClientRect());
  }
}
