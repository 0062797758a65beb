// Forms: typed text is never lost by leaving, a form is sent once, and errors get the focus.
const dirty = new Set();

function guard() {
  document.addEventListener("input", (event) => {
    const form = event.target.closest("form[data-hd-guard]");
    if (form) dirty.add(form);
  });
  window.addEventListener("beforeunload", (event) => {
    if ([...dirty].some((form) => form.isConnected)) event.preventDefault();
  });
}

function sendOnce(event) {
  const form = event.target;
  if (event.defaultPrevented) return;
  dirty.delete(form);
  if (form.method !== "post" || form.matches("[hx-post], [data-hx-post], [data-hd-many]")) return;
  if (form.dataset.hdSent) { event.preventDefault(); return; }
  form.dataset.hdSent = "1";
  if (event.submitter?.dataset.hdBusy) busy(event.submitter);
}

/** A button whose work takes seconds says so and cannot be pressed again: <button data-hd-busy="Merging…">. */
function busy(button) {
  const word = button.querySelector("span") ?? button;
  button.dataset.hdIdle = word.textContent;
  word.textContent = button.dataset.hdBusy;
  setTimeout(() => { button.disabled = true; });               // after the form has read the button's value
}

function idle(button) {
  (button.querySelector("span") ?? button).textContent = button.dataset.hdIdle;
  delete button.dataset.hdIdle;
  button.disabled = false;
}

/** The form was saved by other means (htmx, fetch): leaving the page is harmless again. */
export function clean(form) { dirty.delete(form); }

/** Select boxes [data-hd-submit] send their form at once; the first summary of errors gets the focus. */
export function startForms() {
  guard();
  document.addEventListener("submit", sendOnce);
  window.addEventListener("pageshow", (event) => {              // back from the next page: may be sent again
    if (!event.persisted) return;
    for (const form of document.forms) delete form.dataset.hdSent;
    for (const button of document.querySelectorAll("[data-hd-idle]")) idle(button);
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.successful) dirty.delete(event.target.closest?.("form"));
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("select[data-hd-submit]")) event.target.form.requestSubmit();
    if (event.target.matches("select[data-hd-goto]")) location.assign(event.target.value);
  });
  document.querySelector("[data-hd-errors]")?.focus();
}
