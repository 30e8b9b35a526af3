// What a row of each lane says: three lines, the same height everywhere.

import { badge, element, timeOfDay } from "./dom.js";
import { hasFailed } from "./items.js";

const KINDS = { direct: "call", batch: "connector" };

/** Return the three lines of an item's row. */
export function linesOf(item) {
  const lines = { triggers: trigger, function: invocation, requests: request, topics: message }[item.lane](item);
  const [above, title, below] = lines;
  return [
    element("p", { class: "above" }, above, element("time", {}, timeOfDay(item.time))),
    element("p", { class: "title" }, title),
    element("p", { class: "below" }, below),
  ];
}

/** Return an item in one sentence, for those who hear it. */
export function sentenceOf(item) {
  return linesOf(item)
    .slice(1)
    .map((line) => line.textContent)
    .filter(Boolean)
    .join(", ");
}

function trigger({ kind, title, text, note }) {
  return [badge(KINDS[kind] ?? kind, "plain"), title, [text, note].filter(Boolean).join(" · ")];
}

function invocation({ cold, status, outcome, milliseconds, logs, lastLog }) {
  const mood = status === null ? "busy" : status === 200 ? "good" : "bad";
  const above = [badge(status === null ? "running" : `${status}`, mood), badge(cold ? "cold" : "warm", "plain")];
  if (milliseconds !== null) above.push(element("span", {}, duration(milliseconds)));
  const count = logs === 1 ? "1 line: " : `${logs} lines: `;
  return [above, status === null ? "running …" : outcome || "answered", logs ? count + lastLog : ""];
}

function request(item) {
  if (item.kind === "refused") return [badge("refused", "bad"), item.title, item.text];
  const { title, text, status, code, milliseconds, verified, token, fault, attempt, isSentAgain } = item;
  const hasAnswer = status !== 499;
  const above = [badge(hasAnswer ? `${status}` : "no answer", status < 300 && !hasFailed(item) ? "good" : "bad")];
  if (attempt > 1) above.push(badge(`try ${attempt}`, "busy"));
  if (isSentAgain) above.push(badge("sent again", "busy"));
  above.push(element("span", {}, duration(milliseconds)));
  const below = [
    fault && `fault: ${fault}`,
    verified ? "signature verified" : "signature not verified",
    token && `token ${token.slice(0, 8)}…`,
    hasAnswer && code,
  ];
  return [above, text ? `${title} of ${text}` : title, below.filter(Boolean).join(" · ")];
}

function message({ title, text, note }) {
  return [badge(text, "plain"), title, note];
}

function duration(milliseconds) {
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(2)} s`;
}
