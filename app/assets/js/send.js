// Sending a form's fields as htmx would, for pages that must keep focus, scroll and typed text by themselves.
import { t } from "./i18n.js";
import { say, show } from "./notices.js";

const token = () => document.querySelector('meta[name="csrf-token"]')?.content ?? "";
const signIn = () => location.assign(`/login/?next=${encodeURIComponent(location.pathname + location.search)}`);

async function ask(url, options) {
  let response;
  try {
    response = await fetch(url, options);
  } catch {
    say(t("No connection to the server. What you typed stays here; try again."));
    return null;
  }
  if (response.status === 401 || (response.redirected && new URL(response.url).pathname.startsWith("/login"))) {
    signIn();
    return null;
  }
  return response;
}

/** POST the fields; resolves to the Response (whatever its status) or null when there was none. */
export function send(url, fields) {
  return ask(url, { method: "POST", body: fields, headers: { "HX-Request": "true", "X-CSRFToken": token() } });
}

/** GET a fragment, or a whole page with { page: true }; the same promise as send(). */
export function fetchPart(url, { page = false } = {}) {
  return ask(url, { headers: page ? {} : { "HX-Request": "true" } });
}

/** Tell the person why it was refused. */
export async function refused(response) {
  const html = await response.text();
  if (html.includes("data-hd-refusal")) show(html);
  else say(t("The server could not do this. What you typed stays here; try again or tell the administrator."), "danger");
}

/** Say something to screen readers alone. */
export function whisper(text) {
  const line = document.getElementById("hd-said");
  if (line) line.textContent = text;
}
