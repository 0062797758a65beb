// The new ticket: find the client, his card at once, write, save. Everything works without the mouse.
import "./clients.js";
import { combobox } from "./combobox.js";
import { clock, forget, keep, stored } from "./draft.js";
import { get } from "./net.js";

const $ = (selector, at = document) => at.querySelector(selector);
const page = $("[data-hd-call]");
const form = document.getElementById("call");
const show = (element, on) => { if (element) element.hidden = !on; };
let cardAsked = 0;

function step(writing) {
  show($("[data-hd-find]"), !writing);
  show($("[data-hd-write]"), writing);
  for (const keys of document.querySelectorAll("[data-hd-keys]")) keys.hidden = (keys.dataset.hdKeys === "write") !== writing;
  document.body.classList.toggle("hd-has-save", writing);
}

function caller(name, where) {
  $("[data-hd-chosen]").textContent = name;
  $("[data-hd-where]").textContent = where;
}

async function card(id) {
  const box = $("[data-hd-card]");
  const asked = ++cardAsked;
  box.replaceChildren();
  show(box, Boolean(id));
  show($("[data-hd-hints]"), !id);
  if (!id) return;
  const html = await (await get(`/clients/${id}/card`)).text();
  if (asked !== cardAsked) return;                              // another client was chosen meanwhile
  box.innerHTML = html;
  const head = $("[data-hd-client]", box);
  caller(head.dataset.name, head.dataset.where);
}

function writeFor(id, name = "", where = "") {
  form.elements.client_id.value = id;
  $("[data-hd-new-client]").replaceChildren();
  show($("[data-hd-new-client]"), false);
  caller(name, where);
  step(true);
  $("#subject").focus();
  card(id).catch(() => findAgain());
}

async function writeForNew(query, fields = {}) {
  const box = $("[data-hd-new-client]");
  form.elements.client_id.value = "";
  caller($("[data-hd-chosen]").dataset.new, "");
  box.innerHTML = await (await get(`/clients/new-fields?q=${encodeURIComponent(query)}`)).text();
  card("");
  show(box, true);
  step(true);
  fill(fields);
  const first = form.elements.full_name.value ? form.elements.phone : form.elements.full_name;
  first.focus();
}

function findAgain() {
  form.elements.client_id.value = "";
  $("[data-hd-new-client]").replaceChildren();
  card("");
  step(false);
  const who = $("#who");
  who.focus();
  who.select();
}

function fill(fields) {
  for (const [name, value] of Object.entries(fields)) {
    const field = form.elements[name];
    if (field && name !== "client_id") field.value = value;
  }
}

// ------------------------------------------------------------------ department, people, topics

const department = () => form.elements.department_id?.value ?? "";
const assignee = () => form.elements.assignee_id?.value ?? "";
let peopleAsked = 0;

async function people(chosen = assignee()) {
  const box = $("[data-hd-people]");
  const asked = ++peopleAsked;
  const focused = box.contains(document.activeElement);
  const query = new URLSearchParams({ department_id: department(), assignee_id: chosen });
  const html = await (await get(`${box.dataset.hdPeople}?${query}`)).text();
  if (asked !== peopleAsked) return;
  box.innerHTML = html;
  if (focused) (box.querySelector(":checked:not(option)") ?? box.querySelector("select, input"))?.focus();
  box.dispatchEvent(new Event("hd:place", { bubbles: true }));
}

function seen() {
  const hint = $("[data-hd-seen]");
  if (hint && department()) hint.textContent = assignee() ? hint.dataset.one : hint.dataset.all;
}

function topics() {
  const own = form.elements.topic_id.value === "own";
  show($("[data-hd-own-topic]"), own);
  for (const option of form.elements.topic_id.options) {
    const other = option.dataset.department && department() && option.dataset.department !== department();
    option.hidden = Boolean(other);
    if (other && option.selected) form.elements.topic_id.value = "";
  }
}

let departmentTimer = 0;
function changed(event) {
  if (event.target.name === "department_id") {
    topics();
    clearTimeout(departmentTimer);
    departmentTimer = setTimeout(() => people().catch(() => {}), 80);
  }
  if (event.target.name === "assignee_id") {
    const brought = event.target.selectedOptions?.[0]?.dataset.department;
    if (brought && brought !== department()) {
      form.elements.department_id.value = brought;
      topics();
      people().catch(() => {});
    } else seen();
  }
  if (event.target.name === "topic_id") {
    topics();
    if (event.target.value === "own") $("#topic_text").focus();
  }
}

// ------------------------------------------------------------------ drafts, keys, start

function offerDraft() {
  const draft = stored();
  const offer = $("[data-hd-draft-offer]");
  if (!draft || form.elements.client_id.value || $("[data-hd-errors]")) return;
  $("[data-hd-draft-text]", offer).textContent = draft.fields.subject || draft.fields.body.split("\n")[0];
  $("[data-hd-draft-time]", offer).textContent = [draft.who, clock(draft.at)].filter(Boolean).join(", ");
  show(offer, true);
  $("[data-hd-draft-take]").addEventListener("click", () => {
    form.elements.request_key.value = draft.key;                // if it was saved after all, it is found again
    show(offer, false);
    fill(draft.fields);
    topics();
    people(draft.fields.assignee_id ?? "").catch(() => {});
    if (draft.fields.client_new) writeForNew("", draft.fields).catch(() => {});
    else if (draft.fields.client_id) writeFor(draft.fields.client_id, draft.who);
    else findAgain();
  });
  $("[data-hd-draft-drop]").addEventListener("click", () => { forget(draft.key); show(offer, false); $("#who").focus(); });
}

function keys(event) {
  if (event.defaultPrevented || event.isComposing || $("dialog[open]")) return;
  const writing = !$("[data-hd-write]").hidden;
  if (event.altKey && event.key === "Enter" && writing) {
    event.preventDefault();
    form.requestSubmit($("[data-hd-solved]"));
  } else if (event.ctrlKey && event.key === "Enter" && writing && !event.target.closest?.("form")) {
    event.preventDefault();                                     // from the card as well; inside the form keys.js does it
    form.requestSubmit($("[data-hd-save]"));
  } else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey && event.target.matches("#call input")) {
    event.preventDefault();                                     // a second, hasty Enter saves nothing
    if (event.target.id === "subject") $("#body").focus();
  } else if (event.key === "Escape" && writing) {
    event.preventDefault();
    findAgain();
  }
}

function startForm() {
  const later = keep(form, () => ({ who: $("[data-hd-chosen]").textContent }));
  combobox($("#who"), $("[data-hd-combo-list]"), (option, query) => {
    later();
    if (option.dataset.new) writeForNew(query).catch(() => {});
    else writeFor(option.dataset.id, option.dataset.name, option.dataset.where);
  });
  form.addEventListener("change", changed);
  document.addEventListener("keydown", keys);
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-hd-other]")) findAgain();
    const last = event.target.closest("[data-hd-caller]");
    if (last) { event.preventDefault(); writeFor(last.dataset.hdCaller, last.textContent); }
  });
  topics();
  people($("[data-hd-people]").dataset.chosen).catch(() => {});
  const known = form.elements.client_id.value;
  if (known && !$("[data-hd-errors]")) writeFor(known);
  else if (known) { step(true); card(known).catch(() => findAgain()); }
  else if (form.elements.client_new) step(true);
  offerDraft();
}

async function copy(event) {
  const button = event.target.closest("[data-hd-copy]");
  if (!button) return;
  try {
    await navigator.clipboard.writeText(button.dataset.hdCopy);
  } catch {
    const field = Object.assign(document.createElement("input"), { value: button.dataset.hdCopy });
    button.after(field);
    field.select();
    document.execCommand("copy");                               // an address without https has no clipboard
    field.remove();
  }
  $("span", button).textContent = button.dataset.done;
}

if (page?.dataset.saved) forget(page.dataset.saved);
document.addEventListener("click", copy);
if (form) startForm();
