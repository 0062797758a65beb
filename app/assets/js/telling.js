// Events × channels: arrows walk between the ticks, a cell that differs from the default is marked at once.
const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

function walk(event) {
  const step = STEPS[event.key];
  const tick = event.target.closest("[data-hd-grid] input[type=checkbox]");
  if (!step || !tick || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const rows = [...tick.closest("table").tBodies[0].rows].map((row) => [...row.querySelectorAll("input[type=checkbox]")]);
  let y = rows.findIndex((row) => row.includes(tick));
  let x = rows[y].indexOf(tick);
  event.preventDefault();
  do { y += step[0]; x += step[1]; } while (rows[y]?.[x]?.disabled);  // grey ones are passed over
  rows[y]?.[x]?.focus();
}

function mark(event) {
  const tick = event.target.closest("[data-hd-grid] input[data-default]");
  tick?.closest("td").classList.toggle("is-changed", tick.checked !== (tick.dataset.default === "1"));
}

document.addEventListener("keydown", walk);
document.addEventListener("change", mark);
