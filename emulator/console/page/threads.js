// Lines from row to row along the lit way, where the lanes stand side by side.

const NAMESPACE = "http://www.w3.org/2000/svg";

/** Draw a line from each lit row to what led to it in the lane before. */
export function drawThreads(drawing, lanes) {
  const frame = drawing.getBoundingClientRect();
  const paths = [];
  for (const [position, lane] of lanes.entries()) {
    if (position === 0) continue;
    const before = lanes[position - 1];
    for (const item of lane.litItems()) {
      const cause = causeOf(item, before.litItems());
      const ends = cause && [endOf(before, cause, frame, "right"), endOf(lane, item, frame, "left")];
      if (ends && ends[0] && ends[1] && ends[1].x > ends[0].x) paths.push(pathBetween(...ends));
    }
  }
  drawing.replaceChildren(...paths);
}

/** A request has its call; a message is told just before the request that published it; else it is what was last. */
function causeOf(item, candidates) {
  if (item.lane === "requests") return candidates.find((other) => other.call === item.call);
  if (item.lane === "topics") {
    const published = candidates.filter((other) => other.title === "PublishMessage" && other.number > item.number);
    return published.sort((one, other) => one.number - other.number)[0];
  }
  const earlier = candidates.filter((other) => other.number < item.number);
  return earlier.sort((one, other) => other.number - one.number)[0];
}

function endOf(lane, item, frame, side) {
  const row = lane.elementOf(item)?.getBoundingClientRect();
  const shown = lane.list.getBoundingClientRect();
  if (!row || row.top + row.height / 2 < shown.top || row.top + row.height / 2 > shown.bottom) return null;
  return { x: row[side] - frame.left, y: row.top + row.height / 2 - frame.top };
}

function pathBetween(from, to) {
  const path = document.createElementNS(NAMESPACE, "path");
  const middle = (from.x + to.x) / 2;
  path.setAttribute("d", `M${from.x} ${from.y} C${middle} ${from.y} ${middle} ${to.y} ${to.x} ${to.y}`);
  return path;
}
