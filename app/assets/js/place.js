// "Transfer…": departments and people in a dialog. A refusal comes back into the dialog with what was typed.
import { fetchPart, refused, send } from "./send.js";

const dialog = () => document.getElementById("hd-place");

function showPeople(form) {
  const department = form.querySelector('input[name="department_id"]:checked')?.value;
  for (const person of form.querySelectorAll("[data-department]")) {
    person.hidden = person.dataset.department !== department;
    const input = person.querySelector("input");
    if (person.hidden && input.checked) form.querySelector("#to-all").checked = true;
  }
}

function fill(html) {
  const box = dialog();
  box.querySelector("[data-hd-dialog-body]").innerHTML = html;
  const form = box.querySelector("form");
  showPeople(form);
  if (!box.open) box.showModal();
  form.dispatchEvent(new Event("hd:place", { bubbles: true }));
  (form.querySelector(".invalid-feedback, .hd-notice") ? form.querySelector("[data-hd-save]") : form.querySelector("input:checked") ?? form.querySelector("input[type=radio]"))?.focus();
}

/** Fetch the form from ``url`` and show it. */
export async function openPlace(url) {
  const response = await fetchPart(url);
  if (!response) return;
  if (response.ok) fill(await response.text());
  else await refused(response);
}

async function submit(form, done) {
  if (form.dataset.hdBusy) return;
  form.dataset.hdBusy = "1";
  const response = await send(form.action, new FormData(form));
  delete form.dataset.hdBusy;
  if (!response) return;
  if (response.ok) {
    dialog().close();
    await done(response, form);
  } else if (response.status === 409 || response.status === 422) {
    const html = await response.text();
    if (html.includes("data-hd-place-form")) fill(html);
    else { dialog().close(); await refused(new Response(html)); }
  } else {
    dialog().close();
    await refused(response);
  }
}

/** Links [data-hd-place] open the dialog; ``done(response, form)`` hears of a transfer that was made. */
export function startPlace(done) {
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-hd-place]");
    if (link && dialog() && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      openPlace(link.href);
    }
    if (event.target.closest("[data-hd-close]")) {
      if (dialog()) dialog().close();
      else history.back();
    }
  });
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-hd-place-form]");
    if (form && event.target.name === "department_id") showPeople(form);
  });
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("form[data-hd-place-form]") || !dialog()) return;
    event.preventDefault();
    submit(event.target, done);
  });
  const page = document.querySelector("form[data-hd-place-form]");
  if (page) showPeople(page);
}

if (!dialog()) startPlace(() => {});                            // the page without a list or a ticket around it
