// The opened entry: what it holds, and the way that it is on, step by step.

import { badge, byId, element, timeOfDay } from "./dom.js";
import { sentenceOf } from "./rows.js";
import { itemsOnWayOf } from "./ways.js";

const MOST_STEPS = 200;
// As in console.css: on so small a screen the opened entry covers all the rest, which nobody is to get into then.
const COVERS_ALL = window.matchMedia("(max-width: 699px)");
const COVERED = document.querySelectorAll(".skip, .top, #actions, #form, .lanes, #state");
const LANE_NAMES = { triggers: "trigger", function: "function", requests: "request", topics: "topic" };

export class Details {
  #items;
  #openOther;
  #onClose;
  #region = byId("details");
  #item = null;
  #revision = -1;

  /** `open(item)` opens another entry, `close()` is called when this is closed. */
  constructor(items, { open, close }) {
    this.#items = items;
    this.#openOther = open;
    this.#onClose = close;
    // Of the lanes, too: the focus may have gone back there.
    byId("happenings").addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.close();
    });
    COVERS_ALL.addEventListener("change", () => this.#cover());
  }

  get item() {
    return this.#item;
  }

  /** Show an entry, and take the focus there. */
  async show(item) {
    this.#item = item;
    await this.#load();
    this.#region.focus({ preventScroll: true });
    this.#region.scrollTop = 0;
  }

  /** Show what has become of the entry meanwhile. */
  async refresh() {
    if (this.#item && this.#item.revision !== this.#revision) await this.#load();
  }

  close() {
    const item = this.#item;
    this.#item = null;
    this.#region.hidden = true;
    this.#cover();
    if (item) this.#onClose(item);
  }

  #cover() {
    for (const part of COVERED) part.inert = !this.#region.hidden && COVERS_ALL.matches;
  }

  async #load() {
    const item = this.#item;
    this.#revision = item.revision;
    const sections = await sectionsOf(item);
    if (item !== this.#item) return;
    this.#region.hidden = false;
    this.#cover();
    const title = element("h2", {}, item.lane === "function" ? `${item.title}: ${item.outcome}` : item.title);
    const closing = element("button", { type: "button", class: "plain", click: () => this.close() }, "Close");
    const heading = element("header", {}, title, element("time", {}, timeOfDay(item.time)), closing);
    const body = element("div", { class: "sections" }, ...sections.map(sectionOf));
    this.#region.replaceChildren(heading, element("div", { class: "columns" }, this.#way(item), body));
  }

  #way(item) {
    const steps = itemsOnWayOf(item, this.#items.lanes);
    const shown = steps.slice(0, MOST_STEPS);
    const rest = steps.length - shown.length;
    const list = element("ol", { class: "steps" }, ...shown.map((step) => this.#step(step, step === item)));
    const more = rest ? element("p", {}, `… and ${rest} more`) : null;
    return element("div", { class: "way" }, element("h3", {}, "Its way"), list, more);
  }

  #step(step, isCurrent) {
    const open = () => this.#openOther(step);
    const lane = element("span", { class: "where" }, LANE_NAMES[step.lane]);
    const properties = { type: "button", class: "step", click: open, "aria-current": isCurrent && "true" };
    return element("li", {}, element("button", properties, lane, element("span", {}, sentenceOf(step))));
  }
}

async function sectionsOf({ number }) {
  try {
    const answer = await fetch(`/console/entries/${number}`);
    return (await answer.json()).sections ?? [];
  } catch {
    return [{ title: "What it holds", text: "The local OCI does not answer." }];
  }
}

function sectionOf({ title, text, json, facts }) {
  const content = facts ? listOf(facts) : element("pre", { tabindex: 0 }, text ?? JSON.stringify(json, null, 2));
  return element("section", {}, element("h3", {}, title), content);
}

function listOf(facts) {
  const pairs = Object.entries(facts).map(([name, value]) =>
    element("div", {}, element("dt", {}, name), element("dd", {}, name === "signature" ? signature(value) : value)),
  );
  return element("dl", {}, ...pairs);
}

function signature(value) {
  return badge(value, value === "verified" ? "good" : "bad");
}
