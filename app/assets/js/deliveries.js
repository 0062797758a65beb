// The ledger: one box ticks all of the page, and "send the chosen again" waits for a choice.
const all = document.querySelector("[data-hd-all-dead]");
const boxes = [...document.querySelectorAll('input[name="ids"]')];
const send = document.querySelector("[data-hd-again]");

function draw() {
  const chosen = boxes.filter((box) => box.checked);
  if (send) send.disabled = chosen.length === 0;
  if (all) {
    all.checked = chosen.length === boxes.length && boxes.length > 0;
    all.indeterminate = chosen.length > 0 && chosen.length < boxes.length;
  }
  for (const box of boxes) box.closest("tr").classList.toggle("is-selected", box.checked);
}

all?.addEventListener("change", () => {
  for (const box of boxes) box.checked = all.checked;
  draw();
});
for (const box of boxes) box.addEventListener("change", draw);
draw();
