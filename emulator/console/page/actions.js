// The buttons: each opens a form, whose call is shown as a line for a shell before it is made.

import { byId, element } from "./dom.js";

const PAUSE_MILLISECONDS = 150;

const nameless = { value: "" };
const VOLUME = { name: "volumeId", label: "Volume", from: ({ volumes }) => volumes.items.filter(({ kind }) => kind === "volume") };
const INSTANCE = { name: "instanceId", label: "Instance", from: ({ instances }) => instances };
const CONNECTOR = { name: "connectorId", label: "Connector", from: ({ connectors }) => connectors };
const OPERATIONS = [
  "CreateVolumeBackup", "CreateBootVolumeBackup", "CreateVolumeGroupBackup", "GetVolume", "GetVolumeBackup",
  "ListVolumeAttachments", "PublishMessage", "PutMessages", "*",
];
const GRANTS = [
  "manage volume-backups", "manage boot-volume-backups", "use volumes", "read instances", "use ons-topics", "use queue-push",
];
const FAULTS = [
  ["503", "503 ServiceUnavailable"], ["429", "429 TooManyRequests"], ["500", "500 InternalServerError"],
  ["404", "404 NotAuthorizedOrNotFound"], ["close before", "connection broken before the call"],
  ["close after", "connection broken after the call"], ["kill before", "container killed before the call"],
  ["kill after", "container killed after the call"],
];

// By group: the action, its button, and its fields. A field has a list to choose from, or one of suggestions, or a value.
const GROUPS = [
  ["Volumes", [
    ["create-volume", "Make a volume", [{ name: "name", label: "Name", value: "db-data" }, { name: "sizeInGBs", label: "Size in GB", value: "50" }]],
    ["tag-volume", "Set a tag", [VOLUME, { name: "key", label: "Tag", value: "backup" }, { name: "value", label: "Value, empty for none", value: "full", suggestions: ["full", "incremental", "yes", "no"] }]],
    ["launch-instance", "Launch an instance", [{ name: "name", label: "Name", value: "web" }]],
    ["attach-volume", "Attach a volume", [VOLUME, INSTANCE]],
  ]],
  ["Triggers", [
    ["create-alarm", "Make an alarm", [{ name: "name", label: "Name", value: "the machine is sick" }]],
    ["fire-alarm", "Fire the alarm", [{ name: "alarmId", label: "Alarm", from: ({ alarms }) => alarms }, { name: "resourceId", label: "About", from: ({ instances, volumes }) => [...instances, ...volumes.items] }]],
    ["run-request", "Back up a volume", [VOLUME]],
    ["run-selection", "Run a selection", [{ name: "tag", label: "Tag", value: "backup" }]],
    ["run-report", "Run a report", [{ name: "maxAgeHours", label: "Oldest backup in hours", value: "26" }]],
    ["fire-schedule", "Fire a schedule", [{ name: "scheduleId", label: "Schedule", from: ({ schedules }) => schedules }]],
  ]],
  ["What goes wrong", [
    ["add-fault", "Script a fault", [{ name: "operation", label: "Next call of", value: "CreateVolumeBackup", suggestions: OPERATIONS }, { name: "what", label: "What happens", choices: FAULTS }, { name: "times", label: "Times", value: "1" }]],
    ["clear-faults", "Forget faults", []],
    ["rotate-key", "Rotate the key", []],
    ["deny-permission", "Deny a permission", [{ name: "grant", label: "Functions may not", value: "manage volume-backups", suggestions: GRANTS }]],
    ["clear-denials", "Allow again", []],
    ["hold-queue", "Hold the queue", [CONNECTOR]],
    ["release-queue", "Release the queue", [CONNECTOR]],
  ]],
];

export class Actions {
  #say;
  #form = byId("form");
  #state = null;
  #opened = null;
  #fields = new Map();
  #line = element("code", { class: "line" });
  #result = element("output", { class: "result" });
  #timer = null;

  /** `say(sentence)` tells what came of a call to those who do not see it. */
  constructor(say) {
    this.#say = say;
    byId("actions").append(...GROUPS.map(([title, actions]) => this.#group(title, actions)));
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

  #group(title, actions) {
    const buttons = actions.map(([name, label, fields]) => {
      const toggle = () => this.#toggle(button, name, label, fields);
      const button = element("button", { type: "button", "aria-expanded": "false", "aria-controls": "form", click: toggle }, label);
      return button;
    });
    return element("div", { class: "group", role: "group", "aria-label": title }, element("span", { class: "caption", "aria-hidden": "true" }, title), ...buttons);
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
    const form = element("form", { submit: (event) => this.#submit(event), input: () => this.#askSoon() }, ...fields.map((field) => this.#field(field)), run, close);
    const copy = element("button", { type: "button", class: "plain", click: () => this.#copy() }, "Copy");
    const same = element("div", { class: "same" }, element("span", { class: "caption" }, "The same by hand"), this.#line, copy);
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
    if (field.suggestions) children.push(element("datalist", { id: `${id}-list` }, ...field.suggestions.map((value) => element("option", { value }))));
    return element("label", { for: id }, ...children);
  }

  #input(field, id) {
    if (!field.from && !field.choices) {
      return element("input", { id, name: field.name, value: field.value, autocomplete: "off", spellcheck: "false", list: field.suggestions && `${id}-list` });
    }
    const select = element("select", { id, name: field.name });
    if (field.choices) select.append(...field.choices.map(([value, label]) => element("option", { value }, label)));
    else this.#offer(field, select);
    return select;
  }

  #offer({ from }, select) {
    const found = this.#state ? from(this.#state) : [];
    const offered = found.length ? found.map(({ id, name }) => element("option", { value: id }, name)) : [element("option", nameless, "none yet")];
    const isSame = offered.length === select.options.length && offered.every((option, place) => option.isEqualNode(select.options[place]));
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
    const { label } = this.#opened;
    this.#result.replaceChildren("…");
    const told = await this.#send(true);
    if (told.line) this.#line.textContent = told.line;
    const { status, answer } = "status" in told ? told : { status: 400, answer: told };
    const isGood = status >= 200 && status < 300;
    const words = isGood ? "done" : `${status || "broken off"} ${answer?.message ?? answer?.code ?? ""}`;
    this.#result.replaceChildren(element("p", { class: isGood ? "good" : "bad" }, `${label}: ${words}`));
    if (answer) this.#result.append(answerOf(answer));
    this.#say(`${label}: ${words}`);
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
      return { message: "The local OCI does not answer." };
    }
  }

  async #copy() {
    await navigator.clipboard.writeText(this.#line.textContent);
    this.#say("Copied");
  }
}

function answerOf(answer) {
  const text = typeof answer === "string" ? answer : JSON.stringify(answer, null, 2);
  return element("details", {}, element("summary", {}, "The answer"), element("pre", { tabindex: 0 }, text));
}
