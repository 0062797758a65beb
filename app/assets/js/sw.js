// The service worker: shows news while no page is in sight. All it shows comes with the message; it fetches and keeps nothing.
const TEST = "test-";                                           // the tag of what a person has sent to himself: always shown

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

const pages = () => self.clients.matchAll({ type: "window", includeUncontrolled: true });

function read(event) {
  try {
    return event.data?.json() ?? {};
  } catch {
    return {};
  }
}

/** A page of somebody who is signed in and looks at it: its pop-up has told him. */
function tells(page) {
  return page.visibilityState === "visible" && !new URL(page.url).pathname.startsWith("/login");
}

async function show(news) {
  const tag = String(news.tag ?? "");
  if (!tag.startsWith(TEST) && (await pages()).some(tells)) return;
  await self.registration.showNotification(String(news.title || self.location.host), {
    body: String(news.body ?? ""),
    tag,
    data: { url: String(news.url ?? "/") },
    requireInteraction: Boolean(news.urgent),
  });
}

async function open(path) {
  const wanted = new URL(path, self.location.origin);
  const url = wanted.origin === self.location.origin ? wanted : new URL("/", self.location.origin);
  const here = (await pages()).find((page) => new URL(page.url).pathname === url.pathname);
  return here ? here.focus() : self.clients.openWindow(url.href);
}

self.addEventListener("push", (event) => event.waitUntil(show(read(event))));
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data?.url ?? "/"));
});
