const OVERSCAN = 8;

/** A list of rows of the same height. Only the rows near the screen are in the page, so 10,000 rows cost as much as 50. */
export class RowList {
  readonly #host: HTMLElement;
  readonly #height: number;
  readonly #draw: (place: number) => HTMLElement;
  readonly #drawn = new Map<number, HTMLElement>();
  #count = 0;
  #waiting = false;

  /** `height` is that of a row in pixels; `draw` makes the row at a place. */
  constructor(host: HTMLElement, height: number, draw: (place: number) => HTMLElement) {
    this.#host = host;
    this.#height = height;
    this.#draw = draw;
    addEventListener('scroll', () => this.#soon(), { passive: true });
    new ResizeObserver(() => this.#soon()).observe(document.documentElement);
  }

  /** Draws the rows again; `count` is their new number. */
  show(count: number): void {
    this.#count = count;
    this.#host.style.height = `${count * this.#height}px`;
    for (const row of this.#drawn.values()) row.remove();
    this.#drawn.clear();
    this.#fill();
  }

  /** Draws one row again, if it is in the page. */
  redraw(place: number): void {
    const old = this.#drawn.get(place);
    if (!old) return;
    const made = this.#made(place);
    old.replaceWith(made);
    this.#drawn.set(place, made);
  }

  /** Scrolls if the row is not visible. `covered` is the height of the sticky header in pixels. */
  reveal(place: number, covered: number): void {
    const top = this.#host.getBoundingClientRect().top + place * this.#height;
    const bottom = innerHeight - this.#height * 2;
    if (top < covered) scrollBy({ top: top - covered - this.#height, behavior: 'instant' });
    else if (top > bottom) scrollBy({ top: top - bottom, behavior: 'instant' });
    this.#fill();
  }

  #soon(): void {
    if (this.#waiting) return;
    this.#waiting = true;
    requestAnimationFrame(() => {
      this.#waiting = false;
      this.#fill();
    });
  }

  #fill(): void {
    const top = -this.#host.getBoundingClientRect().top;
    const first = Math.min(Math.max(0, this.#count - OVERSCAN), Math.max(0, Math.floor(top / this.#height) - OVERSCAN));
    const last = Math.min(this.#count, Math.max(0, Math.ceil((top + innerHeight) / this.#height)) + OVERSCAN);
    for (const [place, row] of this.#drawn) {
      if (place >= first && place < last) continue;
      row.remove();
      this.#drawn.delete(place);
    }
    let next = this.#host.firstElementChild;
    for (let place = first; place < last; place++) {
      const there = this.#drawn.get(place);
      if (there) next = there.nextElementSibling;
      else this.#insert(place, next);
    }
  }

  #insert(place: number, before: Element | null): void {
    const made = this.#made(place);
    this.#drawn.set(place, made);
    this.#host.insertBefore(made, before);
  }

  #made(place: number): HTMLElement {
    const row = this.#draw(place);
    row.style.transform = `translateY(${place * this.#height}px)`;
    return row;
  }
}
