// Who will see the ticket, by name, under the choice of department and person; asked anew with every choice.
import { get } from "./net.js";

const SOON = 200;                                               // ms
let timer = 0;

async function ask(form) {
  const panel = form.querySelector("[data-hd-who]");
  const value = (name) => form.querySelector(`[name="${name}"]:checked:not(option), select[name="${name}"]`)?.value ?? "";
  const query = new URLSearchParams({ department_id: value("department_id"), assignee_id: value("assignee_id"), ticket: panel.dataset.hdWho });
  const turn = (panel.dataset.turn = String(Number(panel.dataset.turn ?? 0) + 1));
  if (!value("department_id") && !value("assignee_id")) { panel.replaceChildren(); return; }
  const html = await (await get(`/access/who?${query}`)).text();
  if (turn !== panel.dataset.turn) return;
  const open = panel.querySelector("details")?.open;
  panel.innerHTML = html;
  if (open && panel.querySelector("details")) panel.querySelector("details").open = true;
}

function soon(target) {
  const form = target.closest?.("form");
  if (!form?.querySelector("[data-hd-who]")) return;
  clearTimeout(timer);
  timer = setTimeout(() => ask(form).catch(() => {}), SOON);
}

/** Listen to the forms that have a panel [data-hd-who]; hd:place says that a form has come or offers others. */
export function startWho() {
  document.addEventListener("change", (event) => {
    if (["department_id", "assignee_id"].includes(event.target.name)) soon(event.target);
  });
  document.addEventListener("hd:place", (event) => soon(event.target));
  const panel = document.querySelector("form [data-hd-who]");
  if (panel) soon(panel);
}
