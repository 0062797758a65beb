// Roles × actions: nothing is saved before the server has said, in a bar under the grid, what it would do.
import { postForm } from "./net.js";
import { say } from "./notices.js";
import { t } from "./i18n.js";

const form = document.querySelector("[data-hd-roles]");
const bar = document.querySelector("[data-hd-bar]");
let asked = 0;
let back = null;                                                // where the focus was

async function ask() {
  const turn = ++asked;
  back = form.contains(document.activeElement) ? document.activeElement : back;
  const response = await postForm(form.action, new FormData(form)).catch((error) => error.response);
  if (turn !== asked) return;
  if (!response || response.redirected || ![200, 409, 422].includes(response.status)) {
    say(t("The server could not do this. What you typed stays here; try again or tell the administrator."));
    return;
  }
  bar.innerHTML = await response.text();
  (bar.querySelector("[data-hd-now]") ?? bar.querySelector("[data-hd-on]"))?.focus();
}

function close(focus) {
  asked += 1;
  if (!bar.firstElementChild) return;
  bar.replaceChildren();
  if (focus) (back ?? form.querySelector("select, input:not([type=hidden])"))?.focus();
}

form.addEventListener("submit", (event) => {
  if (event.submitter?.matches("[data-hd-now]")) return;        // it was read, and is to be
  event.preventDefault();
  ask();
});
form.addEventListener("input", () => close(false));             // what the bar says holds no more
bar.addEventListener("click", (event) => { if (event.target.closest("[data-hd-on]")) close(true); });
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && bar.firstElementChild) { event.preventDefault(); close(true); }
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || form.contains(event.target) || event.target.closest?.("form")) return;
  event.preventDefault();                                       // the first time it shows, the second time it saves
  (bar.querySelector("[data-hd-now]") ?? document.querySelector("[data-hd-save][form]"))?.click();
});
