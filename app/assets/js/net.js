// Requests: the CSRF token on each, and one clear message when something fails. What was typed always stays.
import { t } from "./i18n.js";
import { say, show } from "./notices.js";

const token = () => document.querySelector('meta[name="csrf-token"]')?.content ?? "";

const MESSAGES = {
  400: "The page is too old to send this. Reload it; what you typed stays here until you do.",
  403: "You may not do this.",
  404: "This is not there any more, or it was never yours to see.",
  429: "Too many requests at once. Wait a moment and try again.",
  503: "The database does not answer at the moment. What you typed stays here; try again in a few seconds.",
};

function failed(status, html = "") {
  if (status === 401) {
    location.assign(`/login/?next=${encodeURIComponent(location.pathname + location.search)}`);
    return;
  }
  if (html.includes("data-hd-refusal")) show(html);
  else say(t(MESSAGES[status] ?? "The server could not do this. What you typed stays here; try again or tell the administrator."));
}

/** POST the fields (an object or FormData) as a form; resolves to the Response, rejects when it is not 2xx. */
export async function postForm(url, fields = {}) {
  const body = fields instanceof FormData ? fields : new URLSearchParams(fields);
  const response = await fetch(url, { method: "POST", body, headers: { "X-CSRFToken": token(), "X-Requested-With": "fetch" } });
  if (!response.ok) throw Object.assign(new Error(`${url}: ${response.status}`), { response });
  return response;
}

/** GET a fragment or JSON; a failure is told to the person and rejects. */
export async function get(url, options = {}) {
  const response = await fetch(url, { headers: { "X-Requested-With": "fetch" }, ...options });
  if (!response.ok) {
    failed(response.status);
    throw Object.assign(new Error(`${url}: ${response.status}`), { response });
  }
  return response;
}

/** htmx: token, failures, and the login page instead of a login form inside a list. */
export function startHtmx() {
  document.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = token();
  });
  document.addEventListener("htmx:responseError", (event) => failed(event.detail.xhr.status, event.detail.xhr.responseText));
  for (const name of ["htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, () => say(t("No connection to the server. What you typed stays here; try again.")));
  }
  document.addEventListener("htmx:beforeSwap", (event) => {
    const url = event.detail.xhr.responseURL;                   // the session ended: a redirect to the sign-in page
    if (url && new URL(url, location.href).pathname.startsWith("/login")) {
      event.detail.shouldSwap = false;
      failed(401);
    } else if (event.detail.shouldSwap && event.detail.xhr.responseText.includes("data-hd-refusal")) {
      event.detail.shouldSwap = false;                          // a refusal never replaces what the person sees
      failed(event.detail.xhr.status, event.detail.xhr.responseText);
    }
  });
}
