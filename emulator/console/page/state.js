// What there is: volumes with their tags and backups, queues, copies, and what is scripted to go wrong.

import { badge, byId, element, moodOf } from "./dom.js";

const SOON_MILLISECONDS = 250;
const MOVING_MILLISECONDS = 500;

export class State {
  #region = byId("state");
  #listeners = [];
  #timer = null;
  #text = "";
  // The number of the last look, and of the one that is shown: a later one may be answered sooner.
  #looks = 0;
  #shown = 0;

  /** Call `listener` with the state whenever it has changed. */
  subscribe(listener) {
    this.#listeners.push(listener);
  }

  /** Look at it soon, because something has happened. */
  refresh() {
    this.#lookIn(SOON_MILLISECONDS);
  }

  #lookIn(milliseconds) {
    this.#timer ??= setTimeout(() => this.#look(), milliseconds);
  }

  async #look() {
    this.#timer = null;
    const look = (this.#looks += 1);
    let text;
    try {
      const answer = await fetch("/console/state");
      text = await answer.text();
    } catch {
      return; // The local OCI is away; the stream tells so, and that it is back.
    }
    if (look < this.#shown) return;
    this.#shown = look;
    const state = JSON.parse(text);
    if (isMoving(state)) this.#lookIn(MOVING_MILLISECONDS);
    if (text === this.#text && !hasCountdown(state)) return;
    this.#text = text;
    this.#draw(state);
    for (const listener of this.#listeners) listener(state);
  }

  #draw(state) {
    const top = this.#region.scrollTop;
    this.#region.replaceChildren(
      ...[volumes(state.volumes), ...state.queues.map(queue), copies(state.copies), rehearsed(state)].filter(Boolean),
    );
    this.#region.scrollTop = top;
  }
}

function isMoving({ volumes: { items }, queues, instances, connectors }) {
  const states = [...items, ...items.flatMap(({ backups }) => backups), ...instances, ...queues, ...connectors];
  return states.some(({ state }) => moodOf(state) === "busy") || queues.some(({ count }) => count > 0);
}

function hasCountdown({ queues }) {
  return queues.some(({ messages }) => messages.some(({ visibleAfter }) => visibleAfter));
}

function panel(title, count, ...content) {
  const heading = element("header", {}, element("h2", {}, title), element("p", { class: "tally" }, count));
  return element("section", { class: "panel" }, heading, ...content);
}

function volumes({ count, items }) {
  const cards = items.map(volume);
  const rest = count - items.length;
  const more = rest > 0 ? element("p", { class: "quiet" }, `… and ${rest} more, changed longer ago`) : null;
  const none = count === 0 ? element("p", { class: "quiet" }, "None yet: make one above.") : null;
  return panel("Volumes", count, none, element("ul", { class: "cards" }, ...cards), more);
}

function volume({ name, kind, state, sizeInGBs, tags, attachedTo, backups, backupCount }) {
  const shown = Object.entries(tags).map(([key, value]) => element("li", { class: "tag" }, `${key}: ${value}`));
  const facts = [kind === "volume" ? "" : kind, sizeInGBs ? `${sizeInGBs} GB` : "", attached(attachedTo)];
  const rest = backupCount - backups.length;
  return element(
    "li",
    { class: "card" },
    element("p", { class: "name" }, element("strong", {}, name), badge(state)),
    element("p", { class: "quiet" }, facts.filter(Boolean).join(" · ")),
    shown.length ? element("ul", { class: "tags", "aria-label": `Tags of ${name}` }, ...shown) : null,
    backups.length
      ? element("ul", { class: "backups", "aria-label": `Backups of ${name}` }, ...backups.map(backup))
      : null,
    rest > 0 ? element("p", { class: "quiet" }, `… and ${rest} older`) : null,
  );
}

function attached(instances) {
  return instances.length ? `attached to ${instances.join(", ")}` : "";
}

function backup({ name, state, type }) {
  return element(
    "li",
    {},
    element("span", { class: "what" }, name),
    element("span", { class: "quiet" }, type.toLowerCase()),
    badge(state),
  );
}

function queue({ name, count, dead, messages, state }) {
  const held = state === "ACTIVE" ? null : badge(state);
  const lost = dead ? element("p", { class: "quiet" }, `${dead} dead letters`) : null;
  const none = count === 0 ? element("p", { class: "quiet" }, "Nothing waits.") : null;
  return panel(`Queue ${name}`, count, held, none, element("ul", { class: "waiting" }, ...messages.map(waiting)), lost);
}

function waiting({ number, deliveries, visibleAfter, content }) {
  const seconds = visibleAfter ? Math.max(0, (Date.parse(visibleAfter) - Date.now()) / 1000) : 0;
  const when = visibleAfter ? `in flight, visible again in ${seconds.toFixed(0)} s` : "visible, waits to be read";
  const times = `delivered ${deliveries} ${deliveries === 1 ? "time" : "times"}`;
  return element(
    "li",
    {},
    element("p", {}, element("strong", {}, `Message ${number}`), ` ${when}`),
    element("p", { class: "quiet cut" }, `${times} · ${content}`),
  );
}

function copies(items) {
  const none = items.length ? null : element("p", { class: "quiet" }, "No copies in a second region.");
  const list = items.map(({ name, state, region }) =>
    element(
      "li",
      {},
      element("span", { class: "what" }, name),
      element("span", { class: "quiet" }, region),
      badge(state),
    ),
  );
  return panel("Copies", items.length, none, element("ul", { class: "backups" }, ...list));
}

function rehearsed({ faults, denied }) {
  const lines = [...faults, ...denied.map((grant) => `functions may not ${grant}`)];
  if (!lines.length) return null;
  return panel(
    "Scripted to go wrong",
    lines.length,
    element("ul", { class: "plainly" }, ...lines.map((line) => element("li", {}, line))),
  );
}
