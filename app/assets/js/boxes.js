// Ticket lists: rows, counters and moves kept fresh without losing focus, choice, scroll or typed text.
import { t } from "./i18n.js";
import { startBulk } from "./bulk.js";
import { startPlace } from "./place.js";
import { fillActions, startRowActions } from "./rowactions.js";
import { fetchPart, refused, send, whisper } from "./send.js";

const list = document.querySelector("[data-hd-list]");
const scroller = document.querySelector("[data-hd-scroller]");
const origin = list?.dataset.hdLive;
const here = new URLSearchParams(location.search);
const firstPage = !here.has("after") && !here.has("before");
const waiting = new Map();                                      // new rows that must not jump in now: id → row

const rowOf = (id) => document.getElementById(`ticket-${id}`);
const rows = () => [...list.tBodies[0].rows];

function parse(html) {
  const template = document.createElement("template");
  template.innerHTML = html.trim();
  return template.content.querySelector("tr");
}

/** In the middle of something: rows may change in place, but nothing may move. */
function busy() {
  return Boolean(
    list.querySelector("input[data-hd-select]:checked") ||
    list.contains(document.activeElement) ||
    document.querySelector(".dropdown-menu.show, dialog[open]") ||
    (scroller && scroller.scrollTop > 8) || window.scrollY > 8,
  );
}

const HANDLES = ["[data-hd-select]", "[data-hd-open]", "a[data-hd-place]"];

function focusHandle(row) {
  const active = document.activeElement;
  if (!row.contains(active)) return null;
  if (active.dataset.hdMove) return `[data-hd-move="${active.dataset.hdMove}"]`;
  return HANDLES.find((selector) => active.matches(selector)) ?? "[data-hd-open]";
}

function replace(old, fresh) {
  if (Number(fresh.dataset.activity) < Number(old.dataset.activity)) return;
  const handle = focusHandle(old);
  const box = old.querySelector("[data-hd-select]");
  fresh.querySelector("[data-hd-select]").checked = box.checked;
  for (const name of ["is-current", "is-selected"]) fresh.classList.toggle(name, old.classList.contains(name));
  if (old.querySelector(".hd-row-actions") && (handle || old.matches(":hover, .is-current"))) fillActions(fresh);
  old.replaceWith(fresh);
  if (handle) (fresh.querySelector(handle) ?? fresh.querySelector("[data-hd-open]")).focus({ preventScroll: true });
  if (box.checked) fresh.querySelector("[data-hd-select]").dispatchEvent(new Event("change", { bubbles: true }));
}

const keyOf = (row) => row.dataset.key.split(" ").map(Number);
const before = (one, other) => {
  const [a, b] = [keyOf(one), keyOf(other)];
  const at = a.findIndex((value, index) => value !== b[index]);
  return at >= 0 && a[at] < b[at];
};

function put(fresh) {
  const next = rows().find((row) => before(fresh, row));
  if (!next && document.querySelector("[data-hd-more-rows]")) return;      // its place is on a later page
  fresh.classList.add("is-fresh");
  list.tBodies[0].insertBefore(fresh, next ?? null);
}

function insert(fresh) {
  if (!firstPage) return;
  if (busy()) waiting.set(fresh.dataset.ticket, fresh);
  else put(fresh);
  settle();
}

/** A row leaves; one with the focus or chosen only fades until the person has let go of it. */
function remove(id, { own = false } = {}) {
  waiting.delete(String(id));
  const row = rowOf(id);
  if (row && own && row.contains(document.activeElement)) {
    const neighbour = row.nextElementSibling ?? row.previousElementSibling;
    (neighbour?.querySelector("[data-hd-open]") ?? scroller)?.focus({ preventScroll: true });
  }
  if (row) {
    row.classList.add("is-gone");
    if (own) row.querySelector("[data-hd-select]").checked = false;
  }
  sweep();
}

function sweep() {
  for (const row of list.querySelectorAll("tr.is-gone")) {
    if (!row.contains(document.activeElement) && !row.querySelector("[data-hd-select]").checked) row.remove();
  }
  settle();
}

function settle() {
  const bar = document.querySelector("[data-hd-fresh]");
  if (bar) {
    bar.hidden = !waiting.size;
    bar.querySelector("[data-hd-fresh-text]").textContent = t("New in the list: {n}. Show", { n: waiting.size });
  }
  const count = rows().length;
  for (const number of document.querySelectorAll("[data-hd-shown]")) number.textContent = String(count);
  for (const panel of document.querySelectorAll("[data-hd-nothing]")) panel.hidden = count > 0;
}

function showWaiting() {
  let first;
  for (const row of waiting.values()) { put(row); first ??= row; }
  waiting.clear();
  settle();
  if (scroller) scroller.scrollTop = 0;
  (rows()[0] ?? first)?.querySelector("[data-hd-open]")?.focus();
}

function rowUrl(id) {
  const [box, query] = origin.split("?");
  return `/tickets/${id}/row?box=${box}${query ? `&${query}` : ""}`;
}

/** Fetch one row as it is now and put it where it belongs, or take it away. */
async function refetch(id, options = {}) {
  const response = await fetchPart(rowUrl(id));
  if (!response) return;
  if (response.status === 204 || response.status === 404) remove(id, options);
  else if (response.ok) arrive(parse(await response.text()));
}

function arrive(fresh) {
  const old = rowOf(fresh.dataset.ticket);
  if (old) replace(old, fresh);
  else insert(fresh);
}

const timers = new Map();

function changed({ detail }) {
  const row = rowOf(detail.ticket_id) ?? waiting.get(String(detail.ticket_id));
  countSoon();
  if (row && Number(row.dataset.activity) >= detail.activity) return;
  clearTimeout(timers.get(detail.ticket_id));
  timers.set(detail.ticket_id, setTimeout(() => { timers.delete(detail.ticket_id); refetch(detail.ticket_id); }, 40));
}

let counting;

/** Counters of tabs and chips, once for a burst of changes. */
function countSoon() {
  clearTimeout(counting);
  counting = setTimeout(async () => {
    const response = await fetch("/tickets/counters", { headers: { Accept: "application/json" } }).catch(() => null);
    if (!response?.ok) return;
    const counters = await response.json();
    for (const mark of document.querySelectorAll("[data-hd-counter]")) {
      const value = counters[mark.dataset.hdCounter];
      if (value === undefined) continue;
      mark.querySelector("[data-hd-number]").textContent = String(value);
      if (mark.classList.contains("hd-count")) mark.hidden = !value;
    }
  }, 300);
}

/** After a lost connection: the whole list anew, row by row. */
async function refresh() {
  countSoon();
  const response = await fetchPart(location.href, { page: true });
  if (!response?.ok) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const fresh = [...page.querySelectorAll("[data-hd-list] tbody tr")];
  const ids = new Set(fresh.map((row) => row.id));
  for (const row of rows()) if (!ids.has(row.id)) remove(row.dataset.ticket);
  for (const row of fresh) arrive(document.importNode(row, true));
}

async function moved(id, response) {
  countSoon();
  if (!origin) { location.reload(); return; }
  if (response.status === 204) remove(id, { own: true });
  else arrive(parse(await response.text()));
}

async function move(button) {
  const row = button.closest("tr");
  if (row.dataset.busy) return;
  row.dataset.busy = "1";
  const fields = new FormData(button.form);
  fields.set("version", button.value);
  const response = await send(button.getAttribute("formaction"), fields);
  delete row.dataset.busy;
  if (!response) return;
  if (response.ok) {
    whisper(`${row.dataset.ticket}: ${button.title || button.innerText}`);
    await moved(row.dataset.ticket, response);
  } else {
    await refused(response);
    if (origin) await refetch(row.dataset.ticket);
  }
}

async function placed(response, form) {
  const ids = new FormData(form).getAll("ids");
  if (!ids.length) { await moved(form.getAttribute("action").split("/")[2], response); return; }
  await manyMoved(ids);
}

async function manyMoved(ids) {
  document.querySelector("[data-hd-unselect]")?.click();
  countSoon();
  if (!origin) { location.reload(); return; }
  for (const id of ids) await refetch(id, { own: true });
}

if (list) {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-hd-move][form='hd-row-move']");
    if (button) { event.preventDefault(); move(button); }
    if (event.target.closest("[data-hd-fresh]")) showWaiting();
  });
  document.addEventListener("focusout", () => setTimeout(sweep));
  document.addEventListener("hd:selection", sweep);
  if (origin) {
    document.addEventListener("hd:changed", changed);
    document.addEventListener("hd:refresh", refresh);
  }
  startRowActions();
  startPlace(placed);
  startBulk(manyMoved);
}
