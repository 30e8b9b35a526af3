// What happens, as the local OCI sends it. The browser connects again by itself, and goes on where it was cut off.

/** Call `onBegin` when all that was there is out of date, `onEntries` with what has happened, and say who is there. */
export function connect({ onBegin, onEntries, onConnection }) {
  const source = new EventSource("/console/stream");
  source.addEventListener("begin", (event) => onBegin(JSON.parse(event.data)));
  source.addEventListener("entries", (event) => onEntries(JSON.parse(event.data)));
  source.addEventListener("open", () => onConnection(true));
  source.addEventListener("error", () => onConnection(false));
  return source;
}
