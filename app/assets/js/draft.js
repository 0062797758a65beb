// The draft of a ticket in this browser, per person: kept while it is typed, gone once it is saved.
const WAIT = 400;                                               // ms after the last key
const KEPT = 7 * 24 * 3600 * 1000;
const SKIPPED = new Set(["csrf_token", "request_key"]);
const name = () => `hd:draft:${document.body.dataset.me ?? ""}`;

function store(value) {
  try {
    if (value) localStorage.setItem(name(), JSON.stringify(value));
    else localStorage.removeItem(name());
    return true;
  } catch {
    return false;                                               // private window or full: nothing to keep it in
  }
}

/** The stored draft {key, at, query, who, fields}, or null when there is none worth keeping. */
export function stored() {
  try {
    const draft = JSON.parse(localStorage.getItem(name()) ?? "null");
    return draft && Date.now() - draft.at < KEPT ? draft : null;
  } catch {
    return null;
  }
}

/** Forget the draft; with a key only the one that was saved under it. */
export function forget(key = "") {
  if (!key || stored()?.key === key) store(null);
}

/** "11:04" in the language of the page. */
export const clock = (at) => new Date(at).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });

/** Keep what is typed into the form; `more()` adds what is not in its fields. Says so in [data-hd-draft]. */
export function keep(form, more) {
  const note = form.querySelector("[data-hd-draft]");
  let timer = 0;
  const write = () => {
    const fields = Object.fromEntries([...new FormData(form)].filter(([field]) => !SKIPPED.has(field)));
    if (!fields.subject?.trim() && !fields.body?.trim()) return;
    const at = Date.now();
    if (store({ key: form.elements.request_key.value, at, fields, ...more() }) && note) note.textContent = note.dataset.hdDraft.replace("{time}", clock(at));
  };
  const later = () => { clearTimeout(timer); timer = setTimeout(write, WAIT); };
  form.addEventListener("input", later);
  form.addEventListener("change", later);
  window.addEventListener("pagehide", () => { if (!form.dataset.hdSent) write(); });
  return later;
}
