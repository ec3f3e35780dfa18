import { byId } from '@waymark/page-kit/element';
import { matches } from './find.ts';
import { Minimap } from './minimap.ts';
import { RowList } from '../../shared/row-list.ts';
import { openRows } from './rows.ts';
import type { Row, Timeline } from './rows.ts';
import { drawRuler } from './ruler.ts';
import { spanRow } from './span-row.ts';
import type { Stretch } from './time-scale.ts';
import { around, panned, scaled } from './zoom.ts';

const ROW_PX = 28;

/** What the timeline shows. It tells the page when that changes. */
export class TimelineView {
  timeline: Timeline;
  /** The rows that are not below a collapsed one. */
  open: readonly Row[] = [];
  /** By index of the row. */
  collapsed: ReadonlySet<number> = new Set();
  window: Stretch;
  /** The row that the keyboard is at. */
  active: Row | undefined;
  /** The row whose details are shown. */
  selected: Row | undefined;
  words = '';
  matching: ReadonlySet<Row> = new Set();
  onChange = (): void => {};

  readonly #host = byId('rows', HTMLElement);
  readonly #list: RowList;
  readonly #minimap: Minimap;

  constructor(timeline: Timeline) {
    this.timeline = timeline;
    this.window = [0, timeline.length];
    this.#list = new RowList(this.#host, ROW_PX, (place) => this.#row(place));
    this.#minimap = new Minimap(byId('minimap', HTMLElement), (from, to) =>
      this.zoomTo([from * this.timeline.length, to * this.timeline.length]),
    );
    this.#host.addEventListener('click', (event) => this.#clicked(event));
    new ResizeObserver(() => this.drawFrame()).observe(byId('ruler', HTMLElement));
  }

  /** Shows the same trace with more spans, or with its waits folded or not. What is collapsed, selected and searched for stays the same. */
  update(timeline: Timeline): void {
    const before = this.timeline.scale;
    const wasWhole = this.window[0] === 0 && this.window[1] === this.timeline.length;
    const same = (row: Row | undefined): Row | undefined => row && timeline.rowOf.get(row.span.spanId);
    const collapsed = [...this.collapsed].map((index) => same(this.timeline.rows[index])?.index).filter((index) => index !== undefined);
    this.active = same(this.active);
    this.selected = same(this.selected);
    this.timeline = timeline;
    const moved = (place: number): number => Math.min(timeline.length, timeline.scale.place(before.time(place)));
    this.window = wasWhole ? [0, timeline.length] : [moved(this.window[0]), moved(this.window[1])];
    this.collapsed = new Set(collapsed);
    this.matching = matches(timeline.rows, this.words);
    this.draw();
  }

  /** Draws everything again. */
  draw(): void {
    this.open = openRows(this.timeline.rows, this.collapsed);
    this.#host.ariaRowCount = String(this.timeline.rows.length);
    this.drawFrame();
    this.#list.show(this.open.length);
    this.#tell();
  }

  /** Draws what depends on the width of the page: minimap and ruler. */
  drawFrame(): void {
    this.#minimap.draw(this.timeline);
    this.#minimap.show(this.window, this.timeline.length);
    drawRuler(byId('ruler', HTMLElement), this.#host, this.timeline, this.window);
  }

  /** Moves the keyboard's position to a row. Expands what hides it. */
  goTo(row: Row | undefined): void {
    if (!row) return;
    this.#uncover(row);
    const before = this.active;
    this.active = row;
    for (const changed of [before, row]) if (changed) this.#list.redraw(this.open.indexOf(changed));
    this.#list.reveal(this.open.indexOf(row), byId('ruler', HTMLElement).getBoundingClientRect().bottom);
    this.#tell();
  }

  /** Shows the details of a row, or none. */
  select(row: Row | undefined): void {
    const before = this.selected;
    this.selected = row;
    for (const changed of [before, row]) if (changed) this.#list.redraw(this.open.indexOf(changed));
    if (row) this.goTo(row);
    else this.#tell();
  }

  collapse(indexes: Iterable<number>): void {
    this.collapsed = new Set(indexes);
    this.open = openRows(this.timeline.rows, this.collapsed);
    let row = this.active;
    while (row && !this.open.includes(row)) row = this.parentOf(row);
    this.active = row;
    this.draw();
  }

  toggle(row: Row): void {
    if (row.below === 0) return;
    const collapsed = new Set(this.collapsed);
    if (!collapsed.delete(row.index)) collapsed.add(row.index);
    this.collapse(collapsed);
  }

  collapseAll(): void {
    this.collapse(this.timeline.rows.filter(({ below }) => below > 0).map(({ index }) => index));
  }

  zoomTo(window: Stretch): void {
    this.window = window;
    this.draw();
  }

  zoomBy(factor: number, share?: number): void {
    this.zoomTo(scaled(this.window, factor, this.timeline.length, share));
  }

  zoomToRow(row: Row | undefined): void {
    if (row) this.zoomTo(around([row.start, row.end], this.timeline.length));
  }

  pan(share: number): void {
    this.zoomTo(panned(this.window, share, this.timeline.length));
  }

  find(words: string): void {
    this.words = words;
    this.matching = matches(this.timeline.rows, words);
    this.draw();
  }

  /** Goes to the next or the previous match. After the last one comes the first. */
  nextMatch(step: 1 | -1): void {
    const found = [...this.matching];
    const at = this.active?.index ?? -1;
    const next = step > 0 ? found.find(({ index }) => index > at) : found.findLast(({ index }) => index < at);
    this.goTo(next ?? found.at(step > 0 ? 0 : -1));
  }

  parentOf(row: Row): Row | undefined {
    for (let index = row.index - 1; index >= 0; index--) {
      const other = this.timeline.rows[index];
      if (other?.node === row.node.parent) return other;
    }
    return undefined;
  }

  #uncover(row: Row): void {
    const hiding = [...this.collapsed].filter((index) => index < row.index && row.index <= index + (this.timeline.rows[index]?.below ?? 0));
    if (hiding.length > 0) this.collapse([...this.collapsed].filter((index) => !hiding.includes(index)));
  }

  #row(place: number): HTMLElement {
    const row = this.open[place] as Row;
    const { scale } = this.timeline;
    return spanRow(row, {
      window: this.window,
      folds: scale.folds.map(([from, to]) => [scale.place(from), scale.place(to)]),
      collapsed: this.collapsed.has(row.index),
      active: row === this.active,
      selected: row === this.selected,
      match: this.words ? this.matching.has(row) : undefined,
    });
  }

  #clicked({ target }: MouseEvent): void {
    if (!(target instanceof Element)) return;
    const row = this.timeline.rows[Number(target.closest('.row')?.id.slice('row-'.length) ?? -1)];
    if (!row) return;
    if (target.closest('.toggle') && row.below > 0) this.toggle(row);
    else this.select(row === this.selected ? undefined : row);
  }

  #tell(): void {
    if (this.active) this.#host.setAttribute('aria-activedescendant', `row-${this.active.index}`);
    else this.#host.removeAttribute('aria-activedescendant');
    this.onChange();
  }
}
