// The reconciliation bench: one key a decision, the next row at once. Every decision is a plain form as well.
import { combobox } from "./combobox.js";
import { fetchPart, refused, send, whisper } from "./send.js";

const PAUSE = 200;                                              // ms: a key pressed twice decides one row
const $ = (selector) => document.querySelector(selector);
const bench = () => document.getElementById("bench");
let busy = false;
let drawnAt = 0;

const isFree = () => !busy && performance.now() - drawnAt > PAUSE;

function bindSearch() {
  const field = $("#bench [data-hd-combo]");
  if (!field) return;
  combobox(field, $("#bench [data-hd-combo-list]"), (option) => {
    if (option.dataset.id) decide($("#bench-decide"), `linked ${option.dataset.id}`);
  });
}

/** On a phone the lists' names scroll sideways: the current one must be seen. */
function showTab() {
  for (const tab of document.querySelectorAll(".hd-bench-bar [aria-current]")) tab.scrollIntoView({ block: "nearest", inline: "nearest" });
}

/** Put the fresh bench in place; the list stays where it was scrolled to, the focus goes to the opened row. */
function draw(html) {
  const template = document.createElement("template");
  template.innerHTML = html.trim();
  const fresh = template.content.querySelector("#bench");
  const scrolled = $("[data-hd-bench-list]")?.scrollTop ?? 0;
  bench().replaceWith(fresh);
  drawnAt = performance.now();
  history.replaceState(null, "", fresh.dataset.hdUrl);
  const list = $("[data-hd-bench-list]");
  if (list) list.scrollTop = scrolled;
  $("[data-hd-bench-open][aria-current]")?.scrollIntoView({ block: "nearest" });
  const heading = $("#bench-name");
  if (heading) heading.focus({ preventScroll: true });
  else document.getElementById("main").focus({ preventScroll: true });
  if (matchMedia("(max-width: 767.98px)").matches) heading?.scrollIntoView({ block: "center" });
  showTab();
  bindSearch();
  if (fresh.dataset.hdSaid) whisper(fresh.dataset.hdSaid);
}

async function show(url) {
  if (busy) return;
  busy = true;
  try {
    const response = await fetchPart(url);
    if (!response) return;
    const html = response.ok ? await response.text() : "";
    if (html.includes('id="bench"')) draw(html);
    else if (!response.ok) await refused(response);
  } finally {
    busy = false;
  }
}

/** Send a decision; a refusal shows the row as it is now. */
async function decide(form, choice) {
  if (!isFree()) return;
  busy = true;
  const fields = new FormData(form);
  fields.set("choice", choice);
  try {
    const response = await send(form.getAttribute("action"), fields);
    if (!response) return;
    const html = await response.text();
    if (html.includes('id="bench"')) draw(html);
    else await refused(new Response(html));
  } finally {
    busy = false;
  }
}

/** Open the next (1) or the previous (-1) row; behind the last one comes the next page. */
function step(by) {
  const links = [...document.querySelectorAll("[data-hd-bench-open]")];
  const at = links.findIndex((link) => link.hasAttribute("aria-current"));
  const next = links[at + by] ?? (by > 0 ? $("[data-hd-bench-next]") : null);
  if (next) show(next.href);
}

const typing = (target) => target.closest?.("input, textarea, select, [contenteditable]");
const letters = () => document.body.dataset.letterKeys !== "off";       // WCAG 2.1.4
const isLetter = (event, name) => event.code === `Key${name}` || event.key.toLowerCase() === name.toLowerCase();

/** What a key does here that it does nowhere else; letters with a button of their own are js/keys.js's. */
function actionOf(event) {
  if (event.key === "ArrowDown" && !event.target.closest?.("[data-hd-bench-candidates]")) return () => step(1);
  if (event.key === "ArrowUp" && !event.target.closest?.("[data-hd-bench-candidates]")) return () => step(-1);
  if (event.key === "Enter") return event.target.closest?.("a, button, summary") ? null : () => $("[data-hd-bench-accept]")?.click();
  if (!letters()) return null;
  if (/^[1-5]$/.test(event.key)) return () => $(`[data-hd-bench-choose="${event.key}"]`)?.click();
  if (isLetter(event, "J")) return () => step(1);
  if (isLetter(event, "K")) return () => step(-1);
  if (isLetter(event, "S")) return () => $("#bench [data-hd-combo]")?.focus();
  return null;
}

function press(event) {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || !$("[data-hd-bench-row]")) return;
  if (typing(event.target) || $("dialog[open], .dropdown-menu.show")) return;
  if (event.repeat && !/^Arrow|^Tab$|^[jkJK]$/.test(event.key)) {       // a key held down decides nothing
    event.preventDefault();
    event.stopPropagation();
    return;
  }
  const action = actionOf(event);
  if (!action) return;
  event.preventDefault();
  action();
}

if (bench()) {
  document.addEventListener("keydown", press, true);
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-hd-bench-form]") || !event.submitter) return;
    event.preventDefault();
    decide(event.target, event.submitter.value);
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-hd-bench-open], [data-hd-bench-next]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    show(link.href);
  });
  showTab();
  bindSearch();
}
