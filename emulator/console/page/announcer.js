// One polite voice for those who do not see the page: what their own actions came to, and the newest of what else
// happened, not more than once in a while.

const PAUSE_MILLISECONDS = 1500;
const MOST = 3;

export class Announcer {
  #region;
  #answers = [];
  #waiting = [];
  #timer = null;

  constructor(region) {
    this.#region = region;
  }

  /** Say soon what an action has come to. */
  answer(sentence) {
    this.#answers.push(sentence);
    this.#speakSoon();
  }

  /** Say soon what has happened; of much at a time the newest is said. */
  say(sentence) {
    this.#waiting.push(sentence);
    this.#speakSoon();
  }

  #speakSoon() {
    this.#timer ??= setTimeout(() => this.#speak(), PAUSE_MILLISECONDS);
  }

  #speak() {
    const newest = this.#waiting.slice(-MOST);
    const rest = this.#waiting.length - newest.length;
    this.#region.textContent = [...this.#answers, rest ? `${rest} more` : "", ...newest].filter(Boolean).join(". ");
    this.#answers = [];
    this.#waiting = [];
    this.#timer = null;
  }
}
