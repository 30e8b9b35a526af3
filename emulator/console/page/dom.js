// Elements from data. Whatever comes from names, tags and messages becomes text here, and never markup.

// What turns the direction of the text around it, that of other words in its line, too: of "signature verified".
const DIRECTIONS = /[\u202A-\u202E\u2066-\u2069]/g;

/** Return a new element. `properties` are its attributes; a function is the listener of the event of that name. */
export function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (typeof value === "function") made.addEventListener(key, value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(key, String(value));
  }
  const given = children.flat().filter((child) => child !== null && child !== undefined && child !== "");
  made.append(...given.map((child) => (child instanceof Node ? child : plainly(String(child)))));
  return made;
}

function plainly(text) {
  return text.replace(DIRECTIONS, (mark) => `[U+${mark.codePointAt(0).toString(16).toUpperCase()}]`);
}

/** Return the element of this id. */
export function byId(id) {
  return document.getElementById(id);
}

/** Return what a state is: done, under way or gone wrong. Its word is shown, too; this is for its colour alone. */
export function moodOf(state) {
  if (/^(AVAILABLE|ACTIVE|ATTACHED|RUNNING|PROVISIONED)$/.test(state)) return "good";
  if (/^(FAULTY|FAILED|TERMINAT|DELET|INACTIVE)/.test(state)) return "bad";
  return /ING$|RECEIVED$|COMMITTED$/.test(state) ? "busy" : "plain";
}

/** Return a word with the colour of its mood. */
export function badge(word, mood = moodOf(word)) {
  return element("span", { class: `badge ${mood}` }, word);
}

/** Return the time of day of a moment in seconds, with its milliseconds. */
export function timeOfDay(seconds) {
  const moment = new Date(seconds * 1000);
  const part = (value, width = 2) => String(value).padStart(width, "0");
  const clock = [moment.getHours(), moment.getMinutes(), moment.getSeconds()].map((value) => part(value)).join(":");
  return `${clock}.${part(moment.getMilliseconds(), 3)}`;
}

/** Return a function that calls `action` once in the next frame, however often it is called before. */
export function inNextFrame(action) {
  let isDue = false;
  return () => {
    if (isDue) return;
    isDue = true;
    requestAnimationFrame(() => {
      isDue = false;
      action();
    });
  };
}
