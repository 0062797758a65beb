// The ticket page: moves without leaving it, parts redrawn when others change it, who is looking.
import { startChat } from "./chat.js";
import { t } from "./i18n.js";
import { say } from "./notices.js";
import { startPlace } from "./place.js";
import { fetchPart, refused, send, whisper } from "./send.js";

const root = document.querySelector("[data-hd-ticket]");
const id = Number(root.dataset.hdTicket);
const me = Number(document.body.dataset.me);
const emit = (event, data = {}) => document.dispatchEvent(new CustomEvent("hd:emit", { detail: { event, data: { ticket_id: id, ...data } } }));
const chat = startChat(root, emit);

function handleOf(element) {
  if (element.dataset.hdMove) return `[data-hd-move="${element.dataset.hdMove}"]`;
  if (element.matches("[data-hd-place]")) return "[data-hd-place]";
  return element.getAttribute("href") ? `[href="${CSS.escape(element.getAttribute("href"))}"]` : "";
}

/** Put the fresh content of a part in place; an open menu waits until it is closed. */
function redraw(part, fresh) {
  if (part.innerHTML === fresh.innerHTML) return;
  const menu = part.querySelector(".dropdown-menu.show");
  if (menu) {
    part.addEventListener("hidden.bs.dropdown", () => redraw(part, fresh), { once: true });
    return;
  }
  const handle = part.contains(document.activeElement) ? handleOf(document.activeElement) : "";
  part.replaceChildren(...document.importNode(fresh, true).childNodes);
  if (handle) (part.querySelector(handle) ?? part.querySelector("a, button"))?.focus({ preventScroll: true });
}

let latest = 0;

async function refresh() {
  const turn = ++latest;
  const response = await fetchPart(location.href, { page: true });
  if (!response || turn !== latest) return;
  if (response.status === 404) {
    say(t("This ticket has gone out of your sight: it was sent on. What you typed is still here."));
    root.querySelector('[data-hd-part="moves"]').replaceChildren();
    return;
  }
  if (!response.ok) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const fresh = page.querySelector("[data-hd-ticket]");
  if (!fresh) return;
  if (fresh.querySelector("[data-hd-composer]") && !root.querySelector("[data-hd-composer]")) { location.reload(); return; }
  for (const part of root.querySelectorAll("[data-hd-part]")) {
    redraw(part, fresh.querySelector(`[data-hd-part="${part.dataset.hdPart}"]`));
  }
  root.dataset.version = fresh.dataset.version;
  root.dataset.activity = fresh.dataset.activity;
}

let missed = false;
let soon;

function catchUp() {
  if (document.hidden) { missed = true; return; }               // not seen, so not read
  missed = false;
  chat.fetchNew();
  clearTimeout(soon);
  soon = setTimeout(refresh, 150);
}

async function move(form, button) {
  if (form.dataset.hdBusy) return;
  form.dataset.hdBusy = "1";
  const response = await send(button.getAttribute("formaction") ?? form.action, new FormData(form, button));
  delete form.dataset.hdBusy;
  if (!response) return;
  if (response.ok) whisper(button.innerText.trim());
  else await refused(response);
  await refresh();
}

function drawWatchers({ detail }) {
  if (detail.ticket_id !== id) return;
  const others = detail.people.filter((person) => person.id !== me);
  const box = document.querySelector("[data-hd-watchers]");
  const people = box.querySelector("[data-hd-watchers-list]");
  box.hidden = !others.length;
  people.setAttribute("aria-label", `${people.dataset.label} ${others.map((person) => person.name).join(", ")}`);
  people.replaceChildren(...others.slice(0, 5).map((person) => {
    const mark = document.createElement("span");
    mark.className = "hd-avatar";
    mark.setAttribute("aria-hidden", "true");
    mark.title = person.name;
    mark.textContent = person.name.split(/\s+/).slice(0, 2).map((word) => [...word][0]).join("").toUpperCase();
    return mark;
  }));
  chat.showTyping(others.filter((person) => person.typing).map((person) => person.name));
}

async function copy(button) {
  const url = new URL(button.dataset.hdCopy, location.href).href;
  try {
    await navigator.clipboard.writeText(url);
  } catch {                                                      // plain http: the old way
    const field = Object.assign(document.createElement("textarea"), { value: url, className: "visually-hidden" });
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
    button.focus();
  }
  const icon = button.querySelector(".bi");
  icon.className = "bi bi-check-lg";
  whisper(t("The link is copied."));
  setTimeout(() => { icon.className = "bi bi-link-45deg"; }, 1500);
}

document.addEventListener("submit", (event) => {
  if (!event.target.matches("form[data-hd-moves]")) return;
  event.preventDefault();
  if (event.submitter) move(event.target, event.submitter);
});
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-hd-copy]");
  if (button) copy(button);
});
document.addEventListener("hd:changed", ({ detail }) => {
  if (detail.ticket_id === id && !(detail.actor_id === me && Number(root.dataset.activity) >= detail.activity)) catchUp();
});
document.addEventListener("hd:watchers", drawWatchers);
document.addEventListener("hd:refresh", () => { emit("watch"); catchUp(); });
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  emit("watch");
  if (missed) catchUp();
});
window.addEventListener("pagehide", () => emit("unwatch"));
startPlace(() => refresh());
emit("watch");
