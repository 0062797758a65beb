// "Notifications in this browser": subscribing at the browser's own push service and telling the server of it.
import { postForm } from "./net.js";
import { say } from "./notices.js";
import { t } from "./i18n.js";

const box = document.querySelector("[data-hd-push]");
const WORKER = "/sw.js";

function draw(state) {
  for (const part of box.querySelectorAll("[data-hd-push-state]")) part.hidden = !part.dataset.hdPushState.split(" ").includes(state);
}

function bytes(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

function isOurs(subscription) {
  const key = subscription.options?.applicationServerKey;
  if (!key) return true;
  const wanted = bytes(box.dataset.key);
  return [...new Uint8Array(key)].every((byte, place) => byte === wanted[place]);
}

async function current() {
  const registration = await navigator.serviceWorker.getRegistration("/");
  return (await registration?.pushManager.getSubscription()) ?? null;
}

/** The line of this browser in the list: the server writes the first half of the address's SHA-256 there. */
async function ownLine(subscription) {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(subscription.endpoint));
  const mark = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("").slice(0, 32);
  return document.querySelector(`[data-hd-mark="${mark}"]`);
}

async function look() {
  if (!window.isSecureContext) return draw("insecure");
  if (!("serviceWorker" in navigator && "PushManager" in window && "Notification" in window)) return draw("unsupported");
  if (Notification.permission === "denied") return draw("denied");
  const subscription = await current();
  const line = subscription && isOurs(subscription) ? await ownLine(subscription) : null;
  if (line) line.querySelector("[data-hd-here]").hidden = false;
  return draw(line && Notification.permission === "granted" ? "on" : "off");
}

async function subscribe() {
  if ((await Notification.requestPermission()) !== "granted") return look();
  await navigator.serviceWorker.register(WORKER);
  const { pushManager } = await navigator.serviceWorker.ready;
  let subscription = await pushManager.getSubscription();
  if (subscription && !isOurs(subscription)) {
    await subscription.unsubscribe();
    subscription = null;
  }
  try {
    subscription ??= await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(box.dataset.key) });
  } catch {
    return draw("failed");
  }
  return tell(subscription);
}

async function tell(subscription) {
  const { endpoint, keys } = subscription.toJSON();
  try {
    await postForm("/settings/push", { endpoint, p256dh: keys.p256dh, auth: keys.auth });
  } catch (error) {
    await subscription.unsubscribe();
    const refusal = await error.response?.json().catch(() => null);
    say(refusal?.message ?? t("No connection to the server. What you typed stays here; try again."), "danger");
    return draw("off");
  }
  return location.reload();
}

async function unsubscribe() {
  const subscription = await current();
  if (subscription) {
    await subscription.unsubscribe();
    await postForm("/settings/push/off", { endpoint: subscription.endpoint }).catch(() => {});   // it is found out with the next message
  }
  location.reload();
}

if (box) {
  look();
  box.querySelector("[data-hd-push-on]").addEventListener("click", async ({ currentTarget: button }) => {
    button.disabled = true;
    await subscribe().finally(() => { button.disabled = false; });
  });
  box.querySelector("[data-hd-push-off]").addEventListener("click", unsubscribe);
}
