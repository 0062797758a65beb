// News for me: each piece is offered to all pages of a person; the one that claims it first shows it, once.
import { postForm } from "./net.js";
import { chime } from "./sound.js";
import { flash } from "./title.js";
import { toast } from "./toasts.js";

const HIDDEN_WAITS = 400;                                       // ms: a page that is looked at comes first
const ONE_BY_ONE = 3;                                           // more missed news become two and a summary
const asked = new Set();

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

function ring(number) {
  for (const badge of document.querySelectorAll("[data-hd-bell-count]")) {
    badge.hidden = !number;
    badge.textContent = number > 99 ? "99+" : String(number);
  }
}

async function claim(url, fields) {
  const response = await postForm(url, fields);
  ring(Number(response.headers.get("HD-Unread") ?? 0));
  if (response.status !== 200) return;
  const item = toast(await response.text());
  flash(item.dataset.hdTitle);
  chime();
}

/** Show this piece of news unless another page of the person does. */
export async function offer(id) {
  if (asked.has(id)) return;
  asked.add(id);
  if (document.hidden) await pause(HIDDEN_WAITS);
  await claim(`/notices/${id}/claim`).catch(() => asked.delete(id));     // offered again after the connection is back
}

/** What came while no page was open. Resolves to whether anything has changed since the page was made. */
export async function catchUp(since) {
  const response = await fetch(`/notices/missed?since=${encodeURIComponent(since)}`, { headers: { Accept: "application/json" } }).catch(() => null);
  if (!response?.ok || response.redirected) return true;
  const { ids, unread, changed } = await response.json();
  ring(unread);
  if (document.hidden) await pause(HIDDEN_WAITS);
  const single = ids.length > ONE_BY_ONE ? ids.slice(0, 2) : ids;
  for (const id of [...single].reverse()) await offer(id);
  if (ids.length > single.length) await claim("/notices/rest", { upto: ids[single.length] }).catch(() => {});
  return changed;
}
