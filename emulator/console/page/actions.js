// The buttons: each opens a form, whose call is shown as a line for a shell before it is made.

import { GROUPS } from "./buttons.js";
import { byId, element } from "./dom.js";

const PAUSE_MILLISECONDS = 150;

export class Actions {
  #say;
  #form = byId("form");
  #state = null;
  #opened = null;
  #fields = new Map();
  #line = element("code", { class: "line" });
  // No live region of its own: what it says is said once, by `#say`.
  #result = element("div", { class: "result" });
  #timer = null;

  /** `say(sentence)` tells what came of a call to those who do not see it. */
  constructor(say) {
    this.#say = say;
    byId("actions").append(...Object.entries(GROUPS).map(([title, buttons]) => this.#group(title, buttons)));
    this.#form.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.#close();
    });
  }

  /** Let forms offer what there is now. */
  update(state) {
    this.#state = state;
    for (const [field, input] of this.#fields) if (field.from) this.#offer(field, input);
    if (this.#opened) this.#ask();
  }

  #group(title, labelled) {
    const caption = element("span", { class: "caption", "aria-hidden": "true" }, title);
    const buttons = Object.entries(labelled).map(([label, [name, ...fields]]) => this.#button(name, label, fields));
    return element("div", { class: "group", role: "group", "aria-label": title }, caption, ...buttons);
  }

  #button(name, label, fields) {
    const properties = { type: "button", "aria-expanded": "false", "aria-controls": "form" };
    const button = element("button", properties, label);
    button.addEventListener("click", () => this.#toggle(button, name, label, fields));
    return button;
  }

  #toggle(button, name, label, fields) {
    const isSame = this.#opened?.button === button;
    this.#close();
    if (!isSame) this.#open(button, name, label, fields);
  }

  #close() {
    if (!this.#opened) return;
    const { button } = this.#opened;
    button.setAttribute("aria-expanded", "false");
    if (this.#form.contains(document.activeElement)) button.focus();
    this.#opened = null;
    this.#form.hidden = true;
    this.#fields.clear();
  }

  #open(button, name, label, fields) {
    button.setAttribute("aria-expanded", "true");
    this.#opened = { button, name, label };
    this.#result.replaceChildren();
    this.#line.textContent = "";
    const run = element("button", { type: "submit", class: "run" }, label);
    const close = element("button", { type: "button", class: "plain", click: () => this.#close() }, "Close");
    const form = element(
      "form",
      { submit: (event) => this.#submit(event), input: () => this.#askSoon() },
      ...fields.map((field) => this.#field(field)),
      run,
      close,
    );
    const copy = element("button", { type: "button", class: "plain", click: () => this.#copy() }, "Copy");
    const same = element(
      "div",
      { class: "same" },
      element("span", { class: "caption" }, "The same by hand"),
      this.#line,
      copy,
    );
    this.#form.replaceChildren(form, same, this.#result);
    this.#form.hidden = false;
    (form.querySelector("input, select") ?? run).focus();
    this.#ask();
  }

  #field(field) {
    const id = `field-${field.name}`;
    const input = this.#input(field, id);
    this.#fields.set(field, input);
    const children = [element("span", {}, field.label), input];
    if (field.suggestions)
      children.push(
        element("datalist", { id: `${id}-list` }, ...field.suggestions.map((value) => element("option", { value }))),
      );
    return element("label", { for: id }, ...children);
  }

  #input(field, id) {
    if (!field.from && !field.choices) {
      return element("input", {
        id,
        name: field.name,
        value: field.value,
        autocomplete: "off",
        spellcheck: "false",
        list: field.suggestions && `${id}-list`,
        required: !field.isOptional,
      });
    }
    const select = element("select", { id, name: field.name, required: true });
    if (field.choices) select.append(...field.choices.map(([value, label]) => element("option", { value }, label)));
    else this.#offer(field, select);
    return select;
  }

  #offer({ from, none }, select) {
    const found = this.#state ? from(this.#state) : [];
    const offered = found.length
      ? found.map(({ id, name }) => element("option", { value: id }, name))
      : [element("option", { value: "" }, `none yet: ${none}`)];
    const isSame =
      offered.length === select.options.length &&
      offered.every((option, place) => option.isEqualNode(select.options[place]));
    if (isSame) return;
    const { value } = select;
    select.replaceChildren(...offered);
    if (found.some(({ id }) => id === value)) select.value = value;
  }

  #askSoon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ask(), PAUSE_MILLISECONDS);
  }

  /** Show the line that does the same, or why there is none. */
  async #ask() {
    const asked = this.#opened;
    const told = await this.#send(false);
    if (!asked || asked !== this.#opened) return;
    this.#line.textContent = told.line ?? "";
    this.#line.parentElement.hidden = !told.line;
    if (!told.line) this.#result.replaceChildren(element("span", { class: "quiet" }, told.message ?? ""));
    else if (this.#result.querySelector(".quiet")) this.#result.replaceChildren();
  }

  async #submit(event) {
    event.preventDefault();
    const asked = this.#opened;
    // Who presses twice means one call.
    if (asked.isCalling) return;
    asked.isCalling = true;
    this.#result.replaceChildren("…");
    const told = await this.#send(true);
    asked.isCalling = false;
    const { status, answer } = "status" in told ? told : { status: 400, answer: told };
    const isGood = status >= 200 && status < 300;
    const words = isGood ? "done" : [status || "broken off", wordsOf(answer)].filter(Boolean).join(" ");
    this.#say(`${asked.label}: ${words}`);
    // Meanwhile another form may have been opened, which this is not about.
    if (asked !== this.#opened) return;
    if (told.line) this.#line.textContent = told.line;
    this.#result.replaceChildren(element("p", { class: isGood ? "good" : "bad" }, `${asked.label}: ${words}`));
    if (answer) this.#result.append(answerOf(answer));
  }

  async #send(perform) {
    const values = Object.fromEntries([...this.#fields].map(([{ name }, input]) => [name, input.value]));
    try {
      const answer = await fetch("/console/actions", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ action: this.#opened?.name ?? "", values, perform }),
      });
      return await answer.json();
    } catch {
      const message = "The local OCI does not answer.";
      return perform ? { status: 0, answer: message } : { message };
    }
  }

  async #copy() {
    try {
      await navigator.clipboard.writeText(this.#line.textContent);
      this.#say("Copied");
    } catch {
      // A browser may not allow it; then a click selects the whole line.
      getSelection().selectAllChildren(this.#line);
      this.#say("Selected: the browser does not let a page copy");
    }
  }
}

function wordsOf(answer) {
  return typeof answer === "string" ? answer : (answer?.message ?? answer?.code ?? "");
}

function answerOf(answer) {
  const text = typeof answer === "string" ? answer : JSON.stringify(answer, null, 2);
  return element("details", {}, element("summary", {}, "The answer"), element("pre", { tabindex: 0 }, text));
}
