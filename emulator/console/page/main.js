// Puts the page together.

import { Actions } from "./actions.js";
import { Announcer } from "./announcer.js";
import { Details } from "./details.js";
import { byId, inNextFrame } from "./dom.js";
import { hasFailed, Items, LANES } from "./items.js";
import { Lane } from "./lanes.js";
import { sentenceOf } from "./rows.js";
import { State } from "./state.js";
import { connect } from "./stream.js";
import { drawThreads } from "./threads.js";
import { LitWays } from "./ways.js";

const items = new Items();
const ways = new LitWays();
const announcer = new Announcer(byId("announcer"));
const state = new State();
const actions = new Actions((sentence) => announcer.answer(sentence));
const details = new Details(items, { open, close });
const drawLines = inNextFrame(() => drawThreads(byId("threads"), ways.isAny ? lanes : []));
const lanes = LANES.map(
  (name) => new Lane(name, byId(name), () => items.lanes[name], ways, { open, leave, drawn: drawLines }),
);

function open(item) {
  ways.set("opened", item);
  for (const lane of lanes) lane.opened = item;
  for (const lane of lanes) {
    const entrance = lane.name === item.lane ? item : items.lanes[lane.name].findLast((other) => ways.has(other));
    if (entrance) lane.reveal(entrance);
  }
  details.show(item);
}

function close(item) {
  ways.set("opened", null);
  for (const lane of lanes) lane.opened = null;
  lanes[LANES.indexOf(item.lane)].focus(item);
}

// From a lane to the one beside it, along the lit way where it goes there.
function leave(lane, step) {
  const next = lanes[lanes.indexOf(lane) + step];
  const entrance = next?.entrance();
  if (entrance) next.focus(entrance);
}

function announce(entries) {
  for (const entry of entries) {
    if (entry.lane === "topics") announcer.say(`${entry.text}: ${entry.title}`);
    else if (entry.lane === "triggers") announcer.say(`${entry.title} ${entry.text ?? ""}`);
    else if (entry.kind === "request" && hasFailed(entry)) announcer.say(sentenceOf({ ...entry, attempt: 1 }));
  }
}

ways.subscribe(() => {
  document.body.classList.toggle("has-way", ways.isAny);
  for (const lane of lanes) lane.redraw();
});
state.subscribe((found) => actions.update(found));

let isPast = true;
connect({
  onBegin() {
    items.clear();
    details.close();
    for (const lane of lanes) lane.clear();
  },
  onEntries(entries) {
    const added = items.add(entries);
    for (const lane of lanes) lane.grow(added[lane.name]);
    // What was there before this page is not news.
    if (!isPast) announce(entries);
    details.refresh();
    state.refresh();
  },
  onLive() {
    isPast = false;
    showConnection(`live on ${location.host}`, true);
    state.refresh();
  },
  onLost() {
    isPast = true;
    showConnection("connection lost, trying again …", false);
  },
});

function showConnection(words, isThere) {
  const connection = byId("connection");
  connection.textContent = words;
  connection.classList.toggle("lost", !isThere);
}
