// An ARIA combobox whose options come from the server: the focus stays in the field, arrows move, Enter chooses.
// The server answers an element with [data-hd-said] (read aloud) and a role=listbox with role=option items.
import { get } from "./net.js";

const WAIT = 90;                                                // ms between the last key and the question
const SHORTEST = 2;

/** Bind the field to the list in `box`; `choose(option, query)` is called with the chosen element. */
export function combobox(input, box, choose) {
  const url = input.dataset.hdCombo;
  const said = document.getElementById("hd-said");
  let timer = 0;
  let asked = "";                                               // the query of the request on its way
  let shown = "";                                               // the query whose answer is on the screen
  let abort = null;
  let hurry = false;                                            // Enter was pressed before the answer came

  const query = () => input.value.trim();
  const options = () => [...box.querySelectorAll("[role=option]")];
  const current = () => box.querySelector('[role=option][aria-selected="true"]');

  function open(on) {
    box.hidden = !on;
    input.setAttribute("aria-expanded", String(on));
    if (!on) input.removeAttribute("aria-activedescendant");
  }

  function select(option) {
    for (const other of options()) other.setAttribute("aria-selected", String(other === option));
    if (!option) return;
    input.setAttribute("aria-activedescendant", option.id);
    // only the list itself: scrollIntoView would move the page as well
    const below = option.offsetTop + option.offsetHeight - box.clientHeight;
    box.scrollTop = Math.min(option.offsetTop, Math.max(box.scrollTop, below));
  }

  function forget() {
    clearTimeout(timer);
    abort?.abort();
    asked = "";
    hurry = false;
  }

  /** A blind Enter chooses only when there is nothing to choose between. */
  function answered(html, text) {
    box.innerHTML = html;
    asked = "";
    shown = text;
    open(true);
    select(current());
    if (said) said.textContent = box.querySelector("[data-hd-said]")?.dataset.hdSaid ?? "";
    const known = options().filter((option) => option.dataset.id);
    if (hurry && known.length === 1) take(known[0]);
    hurry = false;
  }

  async function ask() {
    const text = query();
    abort?.abort();
    abort = new AbortController();
    asked = text;
    try {
      const response = await get(`${url}${url.includes("?") ? "&" : "?"}q=${encodeURIComponent(text)}`, { signal: abort.signal });
      const html = await response.text();
      if (text === query() && text === asked) answered(html, text);   // a stale answer is dropped
    } catch (error) {
      if (asked === text) forget();
      if (error.name !== "AbortError" && !error.response) console.warn(error);
    }
  }

  function typed() {
    clearTimeout(timer);
    if (query().length < SHORTEST) {
      forget();
      shown = "";
      open(false);
      return;
    }
    timer = setTimeout(ask, WAIT);
  }

  function take(option) {
    const text = query();
    forget();
    open(false);
    choose(option, text);
  }

  function step(by) {
    const all = options();
    if (box.hidden && shown === query()) { open(all.length > 0); select(current() ?? all[0]); return; }
    if (!all.length) return;
    select(all[(all.indexOf(current()) + by + all.length) % all.length]);
  }

  function enter() {
    if (query().length < SHORTEST) return;
    if (!box.hidden && shown === query() && current()) take(current());
    else if (shown === query() && options().length) { open(true); select(current() ?? options()[0]); }
    else { hurry = true; clearTimeout(timer); if (asked !== query()) ask(); }
  }

  function clear() {
    if (!box.hidden) { open(false); return; }
    input.value = "";
    typed();
  }

  input.addEventListener("input", typed);
  input.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
    const action = { ArrowDown: () => step(1), ArrowUp: () => step(-1), Enter: enter, Escape: clear }[event.key];
    if (!action) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  });
  box.addEventListener("pointerdown", (event) => event.preventDefault());   // the focus stays in the field
  box.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) take(option);
  });
  input.addEventListener("blur", () => open(false));
  input.addEventListener("focus", () => { if (shown && shown === query()) { open(true); select(current()); } });
}
