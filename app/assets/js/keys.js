// The keyboard: / search, n new, j k rows, x select, ? help, and [data-hd-key="t"] for a page's own letters.
// Never while typing. Letters go by their place on the keyboard, so that a Cyrillic layout works too.
import { moveCurrent, toggleCurrent } from "./lists.js";

const typing = (target) => target.closest?.("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");

/** The Latin letter of the key that was pressed, whatever the layout; "/" and "?" as such. */
export function letter(event) {
  if (event.key === "/" || event.key === "?") return event.key;
  if (/^[a-z]$/i.test(event.key)) return event.key.toLowerCase();
  if (event.code === "Slash") return event.shiftKey ? "?" : "/";
  return event.code?.startsWith("Key") ? event.code[3].toLowerCase() : "";
}

/** Open the list of keys. */
export function help() {
  const dialog = document.getElementById("hd-keys");
  if (dialog && !dialog.open) dialog.showModal();
}

const visible = (selector) => [...document.querySelectorAll(selector)].find((element) => element.offsetParent !== null);

const ACTIONS = {
  "/": () => visible("[data-hd-search]")?.focus(),
  "?": help,
  n: () => document.querySelector("[data-hd-new]")?.click(),
  j: () => moveCurrent(1),
  k: () => moveCurrent(-1),
  x: () => toggleCurrent(),
};

function press(event) {
  if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
    const form = event.target.closest?.("form");
    if (form) { event.preventDefault(); form.requestSubmit(form.querySelector("[data-hd-save]") ?? undefined); }
    return;
  }
  if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented || event.isComposing) return;
  if (typing(event.target) || document.querySelector("dialog[open]")) return;
  if (document.body.dataset.letterKeys === "off") return;       // WCAG 2.1.4: the person switched them off
  const key = letter(event);
  const own = key && visible(`[data-hd-key="${CSS.escape(key)}"]`);
  if (!own && !ACTIONS[key]) return;
  event.preventDefault();
  if (own) own.click(); else ACTIONS[key]();
}

/** Listen to the keyboard; a [data-hd-help] button opens the same help. */
export function startKeys() {
  document.addEventListener("keydown", press);
  document.addEventListener("click", (event) => { if (event.target.closest("[data-hd-help]")) help(); });
}
