// The actions of a ticket's row, made when the row is pointed at, focused or current: from one template per
// page and the row's data-verbs, so that a list of a hundred rows carries them once.

/** Put the actions that are allowed now into a row that has none. */
export function fillActions(row) {
  const template = document.getElementById("hd-row-actions");
  if (!template || !row || row.querySelector(".hd-row-actions")) return;
  const bar = template.content.firstElementChild.cloneNode(true);
  const verbs = new Set((row.dataset.verbs ?? "").split(" ").filter(Boolean));
  if (verbs.has("take")) verbs.delete("complete");           // one step after the other; the page has both
  if (row.querySelector('.hd-state[data-state="archived"]') === null) verbs.add("comment");
  for (const action of bar.querySelectorAll("[data-verb]")) {
    if (verbs.has(action.dataset.verb)) address(action, row, template.dataset.list);
    else action.remove();
  }
  for (const button of bar.querySelectorAll("button:not(:first-child)")) shorten(button);
  row.querySelector(".c-age")?.append(bar);
}

function address(action, row, list) {
  const { ticket, version } = row.dataset;
  const verb = action.dataset.verb;
  if (action.dataset.label) action.setAttribute("aria-label", action.dataset.label.replace("{number}", ticket));
  if (verb === "transfer") action.href = `/tickets/${ticket}/transfer?list=${encodeURIComponent(list)}`;
  else if (verb === "comment") action.href = `${row.querySelector("[data-hd-open]").getAttribute("href")}#comment`;
  else {
    action.setAttribute("formaction", `/tickets/${ticket}/move/${verb}`);
    action.value = version;
    const number = document.createElement("span");
    number.className = "visually-hidden";
    number.textContent = ` ${ticket}`;
    action.append(number);
  }
}

/** Only the first action keeps its word; the others say it to those who hear and those who point. */
function shorten(button) {
  const word = button.querySelector("span:not(.visually-hidden)");
  button.title = word.textContent;
  button.setAttribute("aria-label", `${word.textContent}${button.querySelector(".visually-hidden").textContent}`);
  button.classList.add("btn-icon");
  word.remove();
}

export function startRowActions() {
  for (const kind of ["pointerover", "focusin"]) {
    document.addEventListener(kind, (event) => fillActions(event.target.closest?.("tr[data-ticket]")));
  }
}
