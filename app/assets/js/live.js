// Live: one Socket.IO connection per page. Frames carry numbers only; texts are fetched through the server's rules.
// Others hear document events: hd:changed, hd:notice, hd:watchers, hd:presence, hd:counters, and hd:refresh when
// something may have been missed. They send with hd:emit, detail {event, data}.
import { io } from "../vendor/socket.io/socket.io.esm.min.js";
import { t } from "./i18n.js";
import { say } from "./notices.js";
import { catchUp, offer } from "./news.js";
import { setUnread } from "./title.js";

const HEARTBEAT = 30_000;                                       // ms; the server forgets a page after 75 s
const COUNT_AFTER = 400;                                        // ms; several changes at once are counted once
const socket = io({ transports: ["websocket"], reconnectionDelay: 500, reconnectionDelayMax: 5_000 });
const mark = document.getElementById("hd-live");
let connectedBefore = false;
let counting;

const tell = (name, detail) => document.dispatchEvent(new CustomEvent(`hd:${name}`, { detail }));

function show(on) {
  document.body.dataset.live = on ? "on" : "off";
  if (!mark) return;
  mark.hidden = false;
  mark.querySelector(".hd-dot").dataset.on = on ? "yes" : "no";
  mark.querySelector("[data-hd-word]").textContent = on ? t("Live") : t("Offline");
  mark.title = on ? t("News arrive by themselves.") : t("No connection: this page does not change by itself now.");
}

async function count() {
  const response = await fetch("/tickets/counters", { headers: { Accept: "application/json" } }).catch(() => null);
  if (!response?.ok || response.redirected) return;
  const counters = await response.json();
  setUnread(counters.unread);
  tell("counters", counters);
}

function countSoon() {
  clearTimeout(counting);
  counting = setTimeout(count, document.hidden ? COUNT_AFTER * 4 : COUNT_AFTER);
}

socket.on("connect", async () => {
  show(true);
  count();
  const changed = await catchUp(document.body.dataset.at ?? "");
  if (connectedBefore || changed) tell("refresh");
  connectedBefore = true;
});
socket.on("disconnect", (reason) => {
  show(false);
  if (reason === "io server disconnect") setTimeout(() => socket.connect(), 300);   // prove again who we are
});
socket.on("connect_error", () => {
  show(false);
  if (!socket.active) say(t("You have signed out. What you typed stays here; sign in again in another tab, then reload."));
});
socket.on("reconnect", () => { socket.disconnect(); socket.connect(); });
socket.on("changed", (detail) => { tell("changed", detail); countSoon(); });
socket.on("notice", (detail) => { tell("notice", detail); offer(detail.id); });
socket.on("watchers", (detail) => tell("watchers", detail));
socket.on("presence", (detail) => tell("presence", detail));

document.addEventListener("hd:emit", ({ detail }) => socket.emit(detail.event, detail.data));
setInterval(() => { if (socket.connected) socket.emit("alive"); }, HEARTBEAT);
window.addEventListener("online", () => { if (!socket.connected) socket.connect(); });
window.addEventListener("offline", () => { if (socket.connected) socket.io.engine.close(); });
