// What the lanes hold. Several entries may be about one item: an invocation begins, logs and ends.

const MOST = 10_000;
const TRANSIENT = new Set([0, 401, 409, 429, 499]);

export const LANES = ["triggers", "function", "requests", "topics"];

/** The items of all lanes, oldest first. `revision` of an item grows with each change of it. */
export class Items {
  constructor() {
    this.clear();
  }

  clear() {
    this.lanes = Object.fromEntries(LANES.map((lane) => [lane, []]));
    this.calls = new Map();
    this.tries = new Map();
  }

  /** Take entries in, and return how many new items each lane has. */
  add(entries) {
    const added = Object.fromEntries(LANES.map((lane) => [lane, 0]));
    for (const entry of entries) {
      if (this.#place(entry)) added[entry.lane] += 1;
    }
    for (const lane of LANES) this.#forgetOldest(this.lanes[lane]);
    return added;
  }

  #place(entry) {
    if (entry.lane === "function" && entry.kind !== "call") return this.#continueCall(entry);
    const item = { ...entry, revision: 0 };
    if (entry.kind === "call") {
      Object.assign(item, { logs: 0, firstLog: "", status: null, outcome: "running", milliseconds: null });
      this.calls.set(item.call, item);
    }
    if (entry.kind === "request") this.#countTry(item);
    this.lanes[entry.lane].push(item);
    return true;
  }

  #continueCall({ kind, call, text, status, outcome, milliseconds }) {
    const item = this.calls.get(call);
    if (!item) return false;
    if (kind === "log") Object.assign(item, { logs: item.logs + 1, firstLog: item.firstLog || text });
    else Object.assign(item, { status, outcome, milliseconds });
    item.revision += 1;
    return false;
  }

  #countTry(item) {
    const before = this.tries.get(item.sameAs);
    const isAgain = before !== undefined && hasFailed(before);
    item.attempt = isAgain ? before.attempt + 1 : 1;
    if (isAgain) {
      before.isSentAgain = true;
      before.revision += 1;
    }
    this.tries.set(item.sameAs, item);
  }

  #forgetOldest(items) {
    if (items.length <= MOST) return;
    for (const item of items.splice(0, items.length - MOST)) {
      if (this.calls.get(item.call) === item) this.calls.delete(item.call);
      if (this.tries.get(item.sameAs) === item) this.tries.delete(item.sameAs);
    }
  }
}

/** Return whether a request came to nothing that stands: it is sent again, if there is time. */
export function hasFailed(item) {
  return Boolean(item.fault) || TRANSIENT.has(item.status) || item.status >= 500;
}
