import { element } from '@waymark/page-kit/element';
import { colorOf } from '../../shared/service-color.ts';
import type { Timeline } from './rows.ts';
import type { Stretch } from './time-scale.ts';

const HEIGHT = 56;

/** The whole trace as a strip, with the window in it. Dragging over the strip chooses another window. */
export class Minimap {
  readonly #canvas = element('canvas', { height: HEIGHT });
  readonly #before = element('div', { className: 'outside' });
  readonly #after = element('div', { className: 'outside after' });
  readonly #host: HTMLElement;

  /** `choose` gets a window as shares of the whole, from 0 to 1. */
  constructor(host: HTMLElement, choose: (from: number, to: number) => void) {
    this.#host = host;
    host.replaceChildren(this.#canvas, this.#before, this.#after);
    const share = (event: PointerEvent): number => {
      const { left, width } = host.getBoundingClientRect();
      return Math.min(1, Math.max(0, (event.clientX - left) / width));
    };
    let from: number | undefined;
    host.addEventListener('pointerdown', (event) => {
      from = share(event);
      host.setPointerCapture(event.pointerId);
    });
    host.addEventListener('pointermove', (event) => {
      if (from !== undefined) this.#shade(Math.min(from, share(event)), Math.max(from, share(event)));
    });
    host.addEventListener('pointerup', (event) => {
      if (from === undefined) return;
      const to = share(event);
      if (Math.abs(to - from) > 0.003) choose(Math.min(from, to), Math.max(from, to));
      else choose(0, 1);
      from = undefined;
    });
  }

  /** Draws a line for each span, in the order of the rows, and the critical path on top. */
  draw({ rows, length }: Timeline): void {
    const { clientWidth: width } = this.#host;
    const scale = devicePixelRatio;
    Object.assign(this.#canvas, { width: Math.max(1, width * scale), height: HEIGHT * scale });
    const context = this.#canvas.getContext('2d');
    if (!context) return;
    context.scale(scale, scale);
    const style = getComputedStyle(this.#host);
    const named = new Map<string, string>();
    const paint = (variable: string): string => {
      const known = named.get(variable) ?? resolved(style, variable);
      named.set(variable, known);
      return known;
    };
    const step = Math.min(3, (HEIGHT - 6) / Math.max(1, rows.length));
    const line = (from: number, to: number, y: number, thick: number): void =>
      context.fillRect((from / length) * width, y, Math.max(1, ((to - from) / length) * width), thick);
    for (const row of rows) {
      context.fillStyle = row.span.status.code === 'ERROR' ? paint('var(--bad)') : paint(colorOf(row.span.service));
      line(row.start, row.end, 3 + row.index * step, Math.max(0.6, step * 0.7));
    }
    const critical = rows.flatMap((row) => row.critical.map(([from, to]) => ({ from, to, y: 2 + row.index * step })));
    context.fillStyle = paint('var(--critical-edge)');
    for (const { from, to, y } of critical) line(from, to, y - 1, 4);
    context.fillStyle = paint('var(--sign)');
    for (const { from, to, y } of critical) line(from, to, y, 2);
  }

  /** Shades what is outside the window. */
  show([from, to]: Stretch, whole: number): void {
    this.#shade(from / whole, to / whole);
  }

  #shade(from: number, to: number): void {
    this.#before.style.width = `${from * 100}%`;
    this.#after.style.width = `${(1 - to) * 100}%`;
  }
}

/** A canvas does not know the page's variables or `light-dark()`, so this asks the browser for the resulting colour. */
function resolved(style: CSSStyleDeclaration, variable: string): string {
  const probe = element('span');
  probe.style.color = variable;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color || style.color;
}
