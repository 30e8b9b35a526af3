// Which way is lit: that of the row that is pointed at, else that of the focused one, else that of the opened one.

export class LitWays {
  #sources = { pointed: null, focused: null, opened: null };
  #listeners = [];
  #ways = new Set();

  /** Say which row a hand, the keyboard or the details are at; null for none. */
  set(source, item) {
    if (this.#sources[source] === item) return;
    this.#sources[source] = item;
    const { pointed, focused, opened } = this.#sources;
    this.#ways = new Set((pointed ?? focused ?? opened)?.ways ?? []);
    for (const listener of this.#listeners) listener();
  }

  /** Call `listener` when another way is lit. */
  subscribe(listener) {
    this.#listeners.push(listener);
  }

  get isAny() {
    return this.#ways.size > 0;
  }

  /** Return whether an item is on the way that is lit. */
  has(item) {
    return item.ways.some((way) => this.#ways.has(way));
  }
}

/** Return all items on one of the ways of `item`, of all lanes, in the order of time. */
export function itemsOnWayOf(item, lanes) {
  const ways = new Set(item.ways);
  return Object.values(lanes)
    .flatMap((items) => items.filter((other) => other === item || other.ways.some((way) => ways.has(way))))
    .sort((one, other) => one.number - other.number);
}
