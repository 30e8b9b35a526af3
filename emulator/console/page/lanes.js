// A lane: its items, newest first, of which only those in sight are in the document.

import { element, inNextFrame } from "./dom.js";
import { linesOf } from "./rows.js";

// As in console.css.
const ROW_HEIGHT = 78;
// Drawn beyond both edges, so that no gap is seen while scrolling.
const MARGIN = 3;

export class Lane {
  #extent;
  #tally;
  #empty;
  #newer;
  #items;
  #ways;
  #on;
  #drawn = new Map();
  #focused = null;
  #pointed = null;
  #pressedAt = null;
  #added = 0;
  #unseen = 0;

  /** `items` returns what it holds, oldest first; `on` has `open(item)`, `leave(lane, item, step)` and `drawn()`. */
  constructor(name, list, items, ways, on) {
    this.name = name;
    this.list = list;
    this.#extent = element("div", { class: "extent", role: "presentation" });
    list.append(this.#extent);
    this.#tally = list.parentElement.querySelector(".tally");
    this.#empty = list.parentElement.querySelector(".empty");
    this.#newer = element("button", { type: "button", class: "newer", click: () => this.#showNewest() });
    this.#newer.hidden = true;
    this.#tally.before(this.#newer);
    this.#items = items;
    this.#ways = ways;
    this.#on = on;
    this.opened = null;
    this.redraw = inNextFrame(() => this.#draw());
    list.addEventListener("scroll", this.redraw, { passive: true });
    list.addEventListener("keydown", (event) => this.#type(event));
    // Not pointerover, which rows that move below a resting hand cause, too.
    list.addEventListener("pointermove", (event) => {
      this.#point(this.#itemAt(event.target));
      // A menu that opened may have taken the release.
      if (event.buttons === 0) this.#release();
    });
    list.addEventListener("pointerleave", () => this.#point(null));
    list.addEventListener("focusin", (event) => this.#focusIn(this.#itemAt(event.target)));
    list.addEventListener("focusout", () => this.#focusIn(null));
    list.addEventListener("pointerdown", (event) => this.#press(event));
    for (const end of ["pointerup", "pointercancel"]) window.addEventListener(end, () => this.#release());
    list.addEventListener("click", (event) => this.#open(this.#itemAt(event.target)));
    new ResizeObserver(this.redraw).observe(list);
  }

  /** Begin anew: what it held is out of date. */
  clear() {
    this.#pressedAt = null;
    this.#added = 0;
    this.#unseen = 0;
    this.redraw();
  }

  /** Make room for so many new items. */
  grow(added) {
    this.#added += added;
    this.redraw();
  }

  /** Return the element of an item that is drawn. */
  elementOf(item) {
    return this.#drawn.get(item)?.row;
  }

  /** Return the drawn items that are on the lit way. */
  litItems() {
    return [...this.#drawn.keys()].filter((item) => this.#ways.has(item));
  }

  /** Bring an item into sight. */
  reveal(item) {
    // First what has come meanwhile, whose room changes the places, and whatever is pressed.
    this.#pressedAt = null;
    this.#draw();
    const top = this.#placeOf(item) * ROW_HEIGHT;
    const { scrollTop, clientHeight } = this.list;
    if (top < scrollTop) this.list.scrollTop = top;
    else if (top + ROW_HEIGHT > scrollTop + clientHeight) this.list.scrollTop = top + ROW_HEIGHT - clientHeight;
    this.#draw();
  }

  /** Bring an item into sight, and the focus to it. */
  focus(item) {
    this.reveal(item);
    this.elementOf(item)?.focus({ preventScroll: true });
  }

  /** Return the newest item on the lit way, else the newest of all. */
  entrance() {
    const items = this.#items();
    return items.findLast((item) => this.#ways.has(item)) ?? items.at(-1);
  }

  #placeOf(item) {
    const items = this.#items();
    return items.length - 1 - items.lastIndexOf(item);
  }

  #draw() {
    // Between press and release nothing moves by itself: else the two would meet different rows, and the click none.
    if (this.list.scrollTop === this.#pressedAt) return;
    const items = this.#items();
    this.#extent.style.height = `${items.length * ROW_HEIGHT}px`;
    this.#keepInSight(items);
    const { scrollTop, clientHeight } = this.list;
    const first = Math.max(0, Math.floor(scrollTop / ROW_HEIGHT) - MARGIN);
    const last = Math.min(items.length, Math.ceil((scrollTop + clientHeight) / ROW_HEIGHT) + MARGIN);
    const wanted = new Map();
    for (let place = first; place < last; place += 1) wanted.set(items[items.length - 1 - place], place);
    // The focus would be lost with its row.
    const kept = this.#focused && !wanted.has(this.#focused) ? this.#placeOf(this.#focused) : items.length;
    if (kept < items.length) wanted.set(this.#focused, kept);
    for (const [item, { row }] of this.#drawn) {
      if (!wanted.has(item)) {
        row.remove();
        this.#drawn.delete(item);
      }
    }
    // Tab leads to what is in sight: what is not drawn cannot be led to.
    const inSight = Math.min(items.length - 1, Math.ceil(scrollTop / ROW_HEIGHT));
    const entrance = this.#focused ?? items[items.length - 1 - inSight];
    let before = null;
    for (const [item, place] of [...wanted].sort(([, one], [, other]) => one - other)) {
      before = this.#drawRow(item, place, items.length, item === entrance, before);
    }
    if (scrollTop < ROW_HEIGHT) this.#unseen = 0;
    this.#newer.hidden = this.#unseen === 0;
    this.#newer.replaceChildren(`↑ ${this.#unseen}`, element("span", { class: "unseen" }, " new"));
    this.#empty.hidden = items.length > 0;
    this.#count(items);
    this.#on.drawn();
  }

  /** Whoever looks at older items, points or is focused keeps what is in sight when new ones come. */
  #keepInSight(items) {
    const isHeld = this.list.scrollTop > 0 || this.#focused || this.#pointed;
    if (isHeld && items.length > this.#added) {
      this.list.scrollTop += this.#added * ROW_HEIGHT;
      this.#unseen += this.#added;
    }
    this.#added = 0;
  }

  /** Draw a row after the one `before` it, so that it is read in its place, and return it. */
  #drawRow(item, place, count, isEntrance, before) {
    if (!this.#drawn.has(item)) {
      const row = element("div", { class: "row", role: "option", id: `entry-${item.number}` });
      if (before) before.after(row);
      else this.#extent.prepend(row);
      this.#drawn.set(item, { row, revision: -1 });
    }
    const drawn = this.#drawn.get(item);
    const { row } = drawn;
    if (drawn.revision !== item.revision) {
      drawn.revision = item.revision;
      row.replaceChildren(...linesOf(item));
      row.dataset.status = item.status ?? "";
    }
    row.style.transform = `translateY(${place * ROW_HEIGHT}px)`;
    row.setAttribute("aria-posinset", place + 1);
    row.setAttribute("aria-setsize", count);
    row.setAttribute("aria-selected", item === this.opened);
    row.tabIndex = isEntrance ? 0 : -1;
    row.classList.toggle("lit", this.#ways.has(item));
    return row;
  }

  #count(items) {
    const lit = this.#ways.isAny ? items.reduce((sum, item) => sum + this.#ways.has(item), 0) : 0;
    const count = items.length.toLocaleString("en");
    this.#tally.textContent = lit ? `${lit} of ${count}` : count;
  }

  #showNewest() {
    this.list.scrollTop = 0;
    this.#unseen = 0;
    this.redraw();
  }

  #itemAt(target) {
    const row = target.closest?.(".row");
    if (!row) return null;
    for (const [item, drawn] of this.#drawn) if (drawn.row === row) return item;
    return null;
  }

  #point(item) {
    this.#pointed = item;
    this.#ways.set("pointed", item);
  }

  #focusIn(item) {
    this.#focused = item;
    this.#ways.set("focused", item);
    if (item) this.redraw();
  }

  #open(item) {
    if (item) this.#on.open(item);
  }

  #press(event) {
    // Not a press on the scroll bar, whose end a browser need not tell.
    this.#pressedAt = event.button === 0 && this.#itemAt(event.target) ? this.list.scrollTop : null;
  }

  #release() {
    if (this.#pressedAt === null) return;
    this.#pressedAt = null;
    this.redraw();
  }

  #type(event) {
    const item = this.#itemAt(event.target);
    if (!item || event.ctrlKey || event.altKey || event.metaKey) return;
    const page = Math.max(1, Math.floor(this.list.clientHeight / ROW_HEIGHT) - 1);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    if (event.key in steps) this.#move(item, steps[event.key]);
    else if (event.key === "ArrowRight") this.#on.leave(this, 1);
    else if (event.key === "ArrowLeft") this.#on.leave(this, -1);
    else if (event.key === "Enter" || event.key === " ") this.#open(item);
    else return;
    event.preventDefault();
  }

  #move(item, step) {
    const items = this.#items();
    const place = Math.min(items.length - 1, Math.max(0, this.#placeOf(item) + step));
    this.focus(items[items.length - 1 - place]);
  }
}
