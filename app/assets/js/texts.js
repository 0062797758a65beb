// The editor of a message's text: a variable's button puts it where the cursor was last.
const form = document.getElementById("text");
let field = document.getElementById("body");

for (const one of form.querySelectorAll("[data-hd-words]")) {
  one.addEventListener("focus", () => { field = one; });
}
for (const button of document.querySelectorAll("[data-hd-insert]")) {
  button.addEventListener("click", () => {
    field.focus();
    field.setRangeText(button.dataset.hdInsert, field.selectionStart, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
}
