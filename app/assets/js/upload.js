// The field of a file ([data-hd-upload]): one may be dropped anywhere on it, and one that is too large is never sent.
function refuse(holder, text) {
  const field = holder.querySelector("input[type=file]");
  const told = holder.querySelector("[role=alert]");
  told.querySelector("span").textContent = text;
  told.hidden = !text;
  field.classList.toggle("is-invalid", Boolean(text));
  if (text) field.setAttribute("aria-invalid", "true"); else field.removeAttribute("aria-invalid");
}

function start(holder) {
  const field = holder.querySelector("input[type=file]");
  const zone = holder.querySelector(".hd-upload");
  const isTooLarge = () => (field.files[0]?.size ?? 0) > Number(holder.dataset.most);
  field.addEventListener("change", () => refuse(holder, isTooLarge() ? holder.dataset.tooLarge : ""));
  // a file that was refused may be chosen again once it has been made smaller
  field.addEventListener("click", () => { if (field.classList.contains("is-invalid")) field.value = ""; });
  // before the form is marked as sent
  field.form.addEventListener("submit", (event) => {
    if (isTooLarge()) { event.preventDefault(); refuse(holder, holder.dataset.tooLarge); field.focus(); }
  });
  for (const name of ["dragenter", "dragover", "dragleave", "drop"]) {
    zone.addEventListener(name, () => zone.classList.toggle("is-over", name === "dragenter" || name === "dragover"));
  }
  // beside the field the browser would leave the page for the file
  window.addEventListener("dragover", (event) => event.preventDefault());
  window.addEventListener("drop", (event) => {
    event.preventDefault();
    if (!zone.contains(event.target) || !event.dataTransfer.files.length) return;
    field.files = event.dataTransfer.files;
    field.dispatchEvent(new Event("change", { bubbles: true }));
    field.focus();
  });
}

for (const holder of document.querySelectorAll("[data-hd-upload]")) start(holder);
