// What happens, as the local OCI sends it. The browser connects again by itself, and goes on where it was cut off.

/**
 * Call `onBegin` when all that was there is out of date, `onEntries` with what has happened, `onLive` when that was all
 * of the past, and `onLost` when nothing comes any more.
 */
export function connect({ onBegin, onEntries, onLive, onLost }) {
  const source = new EventSource("/console/stream");
  source.addEventListener("begin", (event) => onBegin(JSON.parse(event.data)));
  source.addEventListener("entries", (event) => onEntries(JSON.parse(event.data)));
  source.addEventListener("live", onLive);
  source.addEventListener("error", onLost);
  return source;
}
