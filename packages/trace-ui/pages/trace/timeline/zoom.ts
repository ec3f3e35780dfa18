import type { Stretch } from './time-scale.ts';

const SMALLEST = 10;

/** The window `factor` times as wide. The place at the share `around` of it stays where it is. */
export function scaled([from, to]: Stretch, factor: number, whole: number, around = 0.5): Stretch {
  const width = Math.max(SMALLEST, (to - from) * factor);
  const centre = from + (to - from) * around;
  return within([centre - width * around, centre + width * (1 - around)], whole);
}

/** The window, moved by a share of its width. */
export const panned = ([from, to]: Stretch, share: number, whole: number): Stretch =>
  within([from + (to - from) * share, to + (to - from) * share], whole);

/** A window around a stretch, with some room on both sides. */
export function around([from, to]: Stretch, whole: number): Stretch {
  const room = Math.max(SMALLEST, (to - from) * 0.08);
  return within([from - room, to + room], whole);
}

/** The window, moved and cut to be within the whole. */
function within([from, to]: Stretch, whole: number): Stretch {
  if (to - from >= whole) return [0, whole];
  const moved = from < 0 ? -from : to > whole ? whole - to : 0;
  return [Math.round(from + moved), Math.round(to + moved)];
}

/** Round times for a ruler over the window, about `most` of them. */
export function ticks([from, to]: Stretch, most: number): readonly number[] {
  const rough = (to - from) / Math.max(1, most);
  const power = 10 ** Math.floor(Math.log10(Math.max(1, rough)));
  const step = [1, 2, 5, 10].map((digit) => digit * power).find((candidate) => candidate >= rough) ?? power * 10;
  const first = Math.ceil(from / step) * step;
  return Array.from({ length: Math.max(0, Math.floor((to - first) / step) + 1) }, (_, place) => first + place * step);
}
