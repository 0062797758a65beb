// People × departments: arrows walk, Shift selects many, digits give roles, D gives dates, Ctrl+S saves.
// Each change asks the server what it would do and shows the answer in the bar before anything is saved.
import { letter } from "./keys.js";
import { postForm } from "./net.js";

const SOON = 250;                                               // ms after the last change until the server is asked
const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
const form = document.querySelector("[data-hd-matrix]");
const bar = form.querySelector("[data-hd-bar]");
const dialog = document.getElementById("hd-dates");
const rows = [...form.querySelectorAll("tbody tr")].map((row) => [...row.querySelectorAll("[data-hd-cell]")]);
const cells = rows.flat();
let anchor = null;
let asked = 0;
let timer = 0;
let leaving = false;

const select = (cell) => cell.querySelector("select");
const hidden = (cell, name) => cell.querySelector(`input[name^="${name}."]`);
const day = (cell, name) => hidden(cell, name)?.value ?? "";
const first = (cell) => cell.dataset.first;
const now = (cell) => JSON.stringify([select(cell).value, select(cell).value && day(cell, "f"), select(cell).value && day(cell, "u")]);
const changed = () => cells.filter((cell) => now(cell) !== first(cell));
const selected = () => cells.filter((cell) => cell.classList.contains("is-selected"));

function place(cell) {
  for (const [y, row] of rows.entries()) {
    const x = row.indexOf(cell);
    if (x >= 0) return [y, x];
  }
  return null;
}

function setDay(cell, name, value) {
  let input = hidden(cell, name);
  if (!input) {
    input = Object.assign(document.createElement("input"), { type: "hidden", name: `${name}.${cell.dataset.hdCell}` });
    cell.append(input);
  }
  input.value = value;
}

function spread(from, to) {                                     // the rectangle between two cells
  const [a, b] = [place(from), place(to)];
  for (const [y, row] of rows.entries()) {
    for (const [x, cell] of row.entries()) {
      const inside = y >= Math.min(a[0], b[0]) && y <= Math.max(a[0], b[0]) && x >= Math.min(a[1], b[1]) && x <= Math.max(a[1], b[1]);
      cell.classList.toggle("is-selected", inside);
    }
  }
}

function clear() {
  anchor = null;
  for (const cell of selected()) cell.classList.remove("is-selected");
}

function paint(cell) {
  select(cell).dataset.role = select(cell).value || "none";
  cell.classList.toggle("is-changed", now(cell) !== first(cell));
  const dates = [day(cell, "f"), day(cell, "u")].map((text) => text.split("-").reverse().slice(0, 2).join("."));
  const link = cell.querySelector("[data-hd-dates]");
  if (now(cell) === first(cell)) link.innerHTML = cell.dataset.dates;
  else if (dates.some(Boolean)) link.textContent = dates.join("–");
  else link.innerHTML = '<i class="bi bi-calendar-event" aria-hidden="true"></i>';
}

function targets(cell) {
  const many = selected();
  return many.length > 1 && many.includes(cell) ? many : [cell];
}

function give(cell, role) {
  for (const one of targets(cell)) {
    select(one).value = role;
    paint(one);
  }
  askSoon();
}

// ------------------------------------------------------------------ what it would do

async function ask() {
  const turn = ++asked;
  const some = changed();
  if (!some.length) { bar.replaceChildren(); return; }
  const body = new FormData();
  for (const cell of some) for (const input of cell.querySelectorAll("select, input")) body.append(input.name, input.value);
  const response = await postForm("/access/preview", body).catch((error) => error.response);
  if (turn !== asked || !response) return;
  if ([200, 409, 422].includes(response.status) && !response.redirected) bar.innerHTML = await response.text();
}

function askSoon() {
  clearTimeout(timer);
  asked += 1;
  bar.querySelector("[data-hd-save]")?.setAttribute("disabled", "");  // it tells of fewer changes than there are now
  timer = setTimeout(() => ask().catch(() => {}), SOON);
}

function undo() {
  for (const cell of changed()) {
    const [role, from, until] = JSON.parse(first(cell));
    select(cell).value = role;
    if (hidden(cell, "f")) setDay(cell, "f", from);
    if (hidden(cell, "u")) setDay(cell, "u", until);
    paint(cell);
  }
  clear();
  ask();
}

// ------------------------------------------------------------------ dates

function openDates(cell) {
  dialog.cells = targets(cell).filter((one) => select(one).value);
  if (!dialog.cells.length) return;
  dialog.querySelector("#dates-from").value = day(dialog.cells[0], "f");
  dialog.querySelector("#dates-until").value = day(dialog.cells[0], "u");
  dialog.returnValue = "";
  dialog.showModal();
}

function closeDates() {
  if (dialog.returnValue !== "set") return;
  for (const cell of dialog.cells) {
    setDay(cell, "f", dialog.querySelector("#dates-from").value);
    setDay(cell, "u", dialog.querySelector("#dates-until").value);
    paint(cell);
  }
  askSoon();
}

// ------------------------------------------------------------------ keys and mouse

function walk(event, cell) {
  const [y, x] = place(cell);
  const [down, right] = STEPS[event.key];
  const next = rows[y + down]?.[x + right];
  event.preventDefault();                                       // a select would change its value
  if (!next) return;
  if (event.shiftKey) {
    anchor ??= cell;
    spread(anchor, next);
  } else clear();
  select(next).focus();
}

function press(event) {
  if ((event.ctrlKey || event.metaKey) && event.code === "KeyS") {
    event.preventDefault();
    bar.querySelector("[data-hd-save]:not([disabled])")?.click();
    return;
  }
  const cell = event.target.closest?.("[data-hd-cell]");
  if (!cell || event.target.tagName !== "SELECT" || event.altKey || event.ctrlKey || event.metaKey) return;
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(event.code)?.[1];
  if (STEPS[event.key]) walk(event, cell);
  else if (digit !== undefined && !event.shiftKey) {
    const option = select(cell).options[Number(digit)];
    event.preventDefault();
    if (option) give(cell, option.value);
  } else if (event.key === "Delete" || event.key === "Backspace") { event.preventDefault(); give(cell, ""); }
  else if (letter(event) === "d") { event.preventDefault(); openDates(cell); }
  else if (event.key === "Escape") clear();
}

function click(event) {
  const cell = event.target.closest("[data-hd-cell]");
  if (event.target.closest("[data-hd-dates]") && !event.ctrlKey && !event.metaKey) { event.preventDefault(); openDates(cell); }
  if (event.target.closest("[data-hd-undo]")) undo();
}

function down(event) {
  const cell = event.target.closest("[data-hd-cell]");
  if (!cell || event.target.tagName !== "SELECT") return;
  if (event.shiftKey) {
    event.preventDefault();
    anchor ??= document.activeElement?.closest?.("[data-hd-cell]") ?? cell;
    spread(anchor, cell);
    select(cell).focus();
  } else if (!selected().includes(cell)) clear();
}

for (const cell of cells) {
  cell.dataset.first = now(cell);
  cell.dataset.dates = cell.querySelector("[data-hd-dates]").innerHTML;
}
form.classList.add("is-scripted");
form.addEventListener("keydown", press);
document.addEventListener("keydown", (event) => { if (!form.contains(event.target)) press(event); });
form.addEventListener("mousedown", down);
form.addEventListener("click", click);
form.addEventListener("change", (event) => {
  const cell = event.target.closest("[data-hd-cell]");
  if (cell) give(cell, event.target.value);
});
form.addEventListener("submit", () => {
  leaving = true;
  const some = new Set(changed());
  for (const cell of cells) {
    if (!some.has(cell)) for (const input of cell.querySelectorAll("select, input")) input.disabled = true;
  }
});
window.addEventListener("pageshow", (event) => {                // back again after a refusal
  if (!event.persisted) return;
  leaving = false;
  for (const input of form.querySelectorAll("[data-hd-cell] :disabled")) input.disabled = false;
  ask();
});
window.addEventListener("beforeunload", (event) => { if (!leaving && changed().length) event.preventDefault(); });
dialog.addEventListener("close", closeDates);
dialog.querySelector("[data-hd-dates-close]").addEventListener("click", () => dialog.close());
