// What a row of each lane says: three lines, the same height everywhere.

import { badge, element, timeOfDay } from "./dom.js";

const KINDS = { direct: "call", batch: "connector" };

/** Return the three lines of an item's row. */
export function linesOf(item) {
  const lines = { triggers: trigger, function: invocation, requests: request, topics: message }[item.lane](item);
  const [above, title, below] = lines;
  return [
    element("p", { class: "above" }, above, element("time", {}, timeOfDay(item.time).slice(0, "hh:mm:ss".length))),
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

function invocation({ cold, status, outcome, milliseconds, logs, firstLog }) {
  const mood = status === null ? "busy" : status === 200 ? "good" : "bad";
  const above = [badge(status === null ? "running" : `${status}`, mood), badge(cold ? "cold" : "warm", "plain")];
  if (milliseconds !== null) above.push(element("span", {}, duration(milliseconds)));
  const rest = logs > 1 ? ` (1 of ${logs} log lines)` : "";
  return [above, status === null ? "running …" : outcome || "answered", logs ? firstLog + rest : "nothing logged yet"];
}

function request(item) {
  if (item.kind === "refused") return [badge("refused", "bad"), item.title, item.text];
  const { title, text, status, code, verified, token, fault, attempt, isSentAgain } = item;
  const marks = [fault && "fault", attempt > 1 && `try ${attempt}`, isSentAgain && "retried"].filter(Boolean);
  const answer = status === 499 ? "no answer" : marks.length ? `${status}` : `${status} ${code}`;
  const above = [badge(answer, status < 300 && !fault ? "good" : "bad"), ...marks.map((mark) => badge(mark, "busy"))];
  const below = [verified ? "signature verified" : "signature not verified", token && `token ${token.slice(0, 8)}`];
  return [above, text ? `${title} of ${text}` : title, below.filter(Boolean).join(" · ")];
}

function message({ title, text, note }) {
  return [badge(text, "plain"), title, note];
}

function duration(milliseconds) {
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(2)} s`;
}
