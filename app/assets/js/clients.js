// A client's phone and room corrected in place, wherever his facts are drawn ([data-hd-facts]).
import { postForm } from "./net.js";
import { say } from "./notices.js";
import { t } from "./i18n.js";

const LOST = "No connection to the server. What you typed stays here; try again.";
const BROKEN = "The server could not do this. What you typed stays here; try again or tell the administrator.";

function toggle(facts, name, on) {
  const form = facts.querySelector(`[data-hd-correction="${CSS.escape(name)}"]`);
  form.hidden = !on;
  form.parentElement.querySelector("[data-hd-stored]").hidden = on;
  if (on) { const field = form.elements.value; field.focus(); field.select(); }
  else { form.reset(); facts.querySelector(`[data-hd-correct="${CSS.escape(name)}"]`)?.focus(); }
}

function replace(facts, html) {
  const template = document.createElement("template");
  template.innerHTML = html.trim();
  const fresh = template.content.firstElementChild;
  facts.replaceWith(fresh);
  return fresh;
}

async function send(form) {
  const facts = form.closest("[data-hd-facts]");
  const name = form.dataset.hdCorrection;
  if (form.dataset.busy) return;
  form.dataset.busy = "1";
  try {
    const response = await postForm(form.getAttribute("action"), new FormData(form));
    replace(facts, await response.text()).querySelector(`[data-hd-correct="${CSS.escape(name)}"]`)?.focus();
  } catch (error) {
    const html = error.response ? await error.response.text() : "";
    if (html.includes("data-hd-facts")) replace(facts, html).querySelector(`[data-hd-correction="${CSS.escape(name)}"]`)?.elements.value.focus();
    else say(t(error.response ? BROKEN : LOST));
  } finally {
    delete form.dataset.busy;
  }
}

document.addEventListener("click", (event) => {
  const pencil = event.target.closest("[data-hd-correct]");
  if (pencil) toggle(pencil.closest("[data-hd-facts]"), pencil.dataset.hdCorrect, true);
  const off = event.target.closest("[data-hd-correct-off]");
  if (off) toggle(off.closest("[data-hd-facts]"), off.closest("form").dataset.hdCorrection, false);
});
document.addEventListener("keydown", (event) => {
  const form = event.target.closest?.("[data-hd-correction]");
  if (event.key !== "Escape" || !form) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  toggle(form.closest("[data-hd-facts]"), form.dataset.hdCorrection, false);
}, true);
document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-hd-correction]")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  send(event.target);
}, true);
