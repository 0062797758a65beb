// Signing out: this browser shows nobody's news any more. Its subscription ends, and the server is told which one it was.
const LONGEST = 1_500;                                          // ms; signing out waits for nothing longer

const late = () => new Promise((done) => setTimeout(done, LONGEST));

async function forget(form) {
  const registration = await navigator.serviceWorker.getRegistration("/");
  if (!registration) return;
  for (const shown of await registration.getNotifications()) shown.close();
  const subscription = await registration.pushManager.getSubscription();
  if (!subscription) return;
  const field = document.createElement("input");
  Object.assign(field, { type: "hidden", name: "push_endpoint", value: subscription.endpoint });
  form.append(field);
  await subscription.unsubscribe();
}

/** Forms of signing out are sent once the browser has unsubscribed. */
export function startSignOut() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.getAttribute("action") !== "/logout/") return;
    if (!("serviceWorker" in navigator && "Notification" in window) || Notification.permission !== "granted") return;
    event.preventDefault();
    Promise.race([forget(form), late()]).catch(() => {}).finally(() => form.submit());
  });
}
