// One polite voice for those who do not see the page: the newest of what happened, not more than once in a while.

const PAUSE_MILLISECONDS = 1500;
const MOST = 3;

export class Announcer {
  #region;
  #waiting = [];
  #timer = null;

  constructor(region) {
    this.#region = region;
  }

  /** Say a sentence soon; of many at a time the newest are said. */
  say(sentence) {
    this.#waiting.push(sentence);
    this.#timer ??= setTimeout(() => this.#speak(), PAUSE_MILLISECONDS);
  }

  #speak() {
    const said = this.#waiting.slice(-MOST);
    const rest = this.#waiting.length - said.length;
    this.#region.textContent = [rest ? `${rest} more` : "", ...said].filter(Boolean).join(". ");
    this.#waiting = [];
    this.#timer = null;
  }
}
