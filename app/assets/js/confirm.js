// Questions before what cannot be undone: a button or form with data-hd-confirm="Delete …?" asks in a dialog.
const dialog = () => document.getElementById("hd-confirm");

/** Ask; resolves to true when the person agrees. */
export function ask(question, verb = "") {
  const box = dialog();
  box.querySelector("[data-hd-question]").textContent = question;
  const yes = box.querySelector('button[value="yes"]');
  yes.textContent = verb || yes.dataset.default;
  box.returnValue = "";
  box.showModal();
  return new Promise((resolve) => {
    box.addEventListener("close", () => resolve(box.returnValue === "yes"), { once: true });
  });
}

/** Hold back each form's submit that carries a question, until it is answered. */
export function startConfirm() {
  const agreed = new WeakSet();
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    const source = event.submitter?.dataset.hdConfirm ? event.submitter : form;
    if (!source.dataset.hdConfirm || agreed.delete(form)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (await ask(source.dataset.hdConfirm, source.dataset.hdVerb)) {
      agreed.add(form);
      form.requestSubmit(event.submitter ?? undefined);
    }
  }, true);
}
