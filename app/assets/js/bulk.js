// Several tickets at once: the bar offers what at least one chosen row can do and says which rows cannot.
import { t } from "./i18n.js";
import { openPlace } from "./place.js";
import { refused, send } from "./send.js";

const bar = () => document.getElementById("hd-bulk");
const chosen = () => [...document.querySelectorAll("[data-hd-list] tbody tr")].filter((row) => row.querySelector("[data-hd-select]")?.checked);
const able = (verb) => chosen().filter((row) => row.dataset.verbs.split(" ").includes(verb));

/** "Take, Complete 1 of 2: not 5219": verbs that the same rows cannot do share one sentence. */
function draw() {
  const all = chosen();
  const refusals = new Map();
  for (const button of bar().querySelectorAll("[data-hd-bulk-verb]")) {
    const some = able(button.dataset.hdBulkVerb);
    button.hidden = !some.length;
    const word = button.querySelector("[data-hd-word]");
    if (!word || !some.length || some.length === all.length) continue;
    const others = all.filter((row) => !some.includes(row)).map((row) => row.dataset.ticket).join(", ");
    if (!refusals.has(others)) refusals.set(others, []);
    refusals.get(others).push(word.textContent.replace("…", ""));
  }
  for (const menu of bar().querySelectorAll("[data-hd-bulk-menu]")) menu.hidden = !menu.querySelector("[data-hd-bulk-verb]:not([hidden])");
  bar().querySelector("[data-hd-bulk-why]").textContent = [...refusals].map(([others, verbs]) => {
    const numbers = others.split(", ");
    return t("{verb} {n} of {all}: not {numbers}", {
      verb: verbs.join(", "),
      n: all.length - numbers.length,
      all: all.length,
      numbers: numbers.length > 4 ? `${numbers.slice(0, 4).join(", ")}…` : others,
    });
  }).join("; ");
}

async function carryOut(button, done) {
  const verb = button.dataset.hdBulkVerb;
  const rows = able(verb);
  const ids = rows.map((row) => row.dataset.ticket);
  const origin = bar().elements.list.value;
  if (verb === "transfer") {
    const query = new URLSearchParams(ids.map((id) => ["ids", id]));
    query.set("list", origin);
    await openPlace(`/tickets/transfer?${query}`);
    return;
  }
  const fields = new FormData();
  fields.set("verb", verb);
  fields.set("list", origin);
  if (button.dataset.hdPriority) fields.set("priority", button.dataset.hdPriority);
  for (const row of rows) {
    fields.append("ids", row.dataset.ticket);
    fields.append("versions", row.dataset.version);
  }
  const response = await send("/tickets/bulk", fields);
  if (!response) return;
  if (response.ok) await done(ids);
  else await refused(response);
}

/** Listen to the choice and to the bar; ``done(ids)`` hears of what was carried out. */
export function startBulk(done) {
  if (!bar()) return;
  document.addEventListener("hd:selection", draw);
  bar().addEventListener("submit", (event) => {
    event.preventDefault();
    if (event.submitter?.dataset.hdBulkVerb) carryOut(event.submitter, done);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented || document.querySelector("dialog[open], .dropdown-menu.show")) return;
    if (chosen().length) bar().querySelector("[data-hd-unselect]").click();
  });
  if (chosen().length) draw();
}
