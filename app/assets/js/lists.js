// Lists: the current row, the rows chosen for a bulk action, and both kept when htmx swaps the rows.
// Markup: table[data-hd-list] with tbody tr[id] and input[data-hd-select]; [data-hd-select-all] in its head;
// the foot holds [data-hd-pager] and, hidden, [data-hd-bulk] with [data-hd-bulk-count] and [data-hd-unselect].
const ROWS = "[data-hd-list] tbody tr";
const rows = () => [...document.querySelectorAll(ROWS)];
const boxes = () => [...document.querySelectorAll(`${ROWS} input[data-hd-select]`)];
const chosen = new Set();
const keyOf = (box) => `${box.getAttribute("form") ?? ""} ${box.value}`;
let current = "";

/** Make the next (1) or the previous (-1) row the current one and put the focus on its link. */
export function moveCurrent(step) {
  const all = rows();
  if (!all.length) return;
  const at = all.findIndex((row) => row.classList.contains("is-current"));
  setCurrent(all[at < 0 ? 0 : Math.max(0, Math.min(all.length - 1, at + step))]);
}

function setCurrent(row) {
  for (const other of document.querySelectorAll(`${ROWS}.is-current`)) other.classList.remove("is-current");
  row.classList.add("is-current");
  current = row.id;
  row.querySelector("[data-hd-open], .hd-subject a, td a")?.focus();
  row.scrollIntoView({ block: "nearest" });
}

/** Choose the current row for a bulk action, or no longer. */
export function toggleCurrent() {
  document.querySelector(`${ROWS}.is-current input[data-hd-select]`)?.click();
}

/** Several lists on a page (related records) are told apart by [data-hd-scope]; one list needs none. */
function scopes() {
  const found = [...document.querySelectorAll("[data-hd-scope]")];
  return found.length ? found : [document];
}

function show() {
  for (const scope of scopes()) {
    const all = [...scope.querySelectorAll(`${ROWS} input[data-hd-select]`)];
    const count = all.filter((box) => box.checked).length;
    for (const box of all) box.closest("tr").classList.toggle("is-selected", box.checked);
    for (const box of scope.querySelectorAll("[data-hd-select-all]")) {
      box.checked = count > 0 && count === all.length;
      box.indeterminate = count > 0 && count < all.length;
    }
    for (const bar of scope.querySelectorAll("[data-hd-bulk]")) bar.hidden = !count;
    for (const bar of scope.querySelectorAll("[data-hd-pager]")) bar.hidden = count > 0 && !!scope.querySelector("[data-hd-bulk]");
    for (const number of scope.querySelectorAll("[data-hd-bulk-count]")) number.textContent = String(count);
  }
  document.dispatchEvent(new CustomEvent("hd:selection", { detail: { ids: boxes().filter((box) => box.checked).map((box) => box.value) } }));
}

function choose(box, on) {
  box.checked = on;
  if (on) chosen.add(keyOf(box)); else chosen.delete(keyOf(box));
}

function restore() {
  for (const box of boxes()) box.checked = chosen.has(keyOf(box));
  const row = current && document.getElementById(current);
  if (row) row.classList.add("is-current");
  show();
}

/** Listen to the boxes and to htmx. */
export function startLists() {
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-hd-select-all]")) {
      const scope = event.target.closest("[data-hd-scope]") ?? document;
      for (const box of scope.querySelectorAll(`${ROWS} input[data-hd-select]`)) choose(box, event.target.checked);
    }
    else if (event.target.matches("input[data-hd-select]")) choose(event.target, event.target.checked);
    else return;
    show();
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-hd-unselect]")) return;
    for (const box of boxes()) choose(box, false);
    show();
  });
  document.addEventListener("htmx:afterSettle", restore);
  for (const box of boxes()) if (box.checked) chosen.add(keyOf(box));   // the browser restored them after "back"
  if (boxes().length) show();
}
