import { formatDuration } from '@waymark/trace-model';
import { element } from './element.ts';
import type { Stretch } from './rows.ts';
import { ticks } from './zoom.ts';

const TICK_PX = 110;

/** Writes round moments since the trace began over the window, and gives the rows lines at the same places. */
export function drawRuler(host: HTMLElement, rows: HTMLElement, window: Stretch): void {
  const [from, to] = window;
  const moments = ticks(window, host.clientWidth / TICK_PX);
  host.replaceChildren(
    ...moments.map((moment) => {
      const tick = element('span', { className: 'tick' }, moment === 0 ? '0' : formatDuration(BigInt(Math.round(moment))));
      tick.style.left = `${((moment - from) / (to - from)) * 100}%`;
      return tick;
    }),
  );
  const step = (moments[1] ?? 0) - (moments[0] ?? 0);
  const pixels = (time: number): string => `${(time / (to - from)) * host.clientWidth}px`;
  rows.style.setProperty('--line-step', pixels(step > 0 ? step : to - from));
  rows.style.setProperty('--line-first', pixels((moments[0] ?? from) - from));
}
