// The shell: on a telephone the left bar opens over the page; dialogs close by their buttons and by a click outside.
function toggleMenu(open) {
  document.body.classList.toggle("hd-menu-open", open);
  for (const button of document.querySelectorAll("[data-hd-more]")) button.setAttribute("aria-expanded", String(open));
  if (open) document.querySelector(".hd-side a")?.focus();
}

/** On a telephone the tabs scroll sideways: the current one is brought into sight. */
function showTab() {
  const tab = document.querySelector(".hd-tabs [aria-current]");
  const bar = tab?.closest("nav");
  if (bar) bar.scrollLeft = tab.offsetLeft - (bar.clientWidth - tab.offsetWidth) / 2;
}

/** Buttons [data-hd-more] open the menu on a telephone; Escape closes it. */
export function startShell() {
  showTab();
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-hd-more]")) toggleMenu(!document.body.classList.contains("hd-menu-open"));
    if (event.target.matches("dialog.hd-dialog")) event.target.close();          // the backdrop
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !document.body.classList.contains("hd-menu-open")) return;
    toggleMenu(false);
    document.querySelector(".hd-bottom-nav [data-hd-more]")?.focus();
  });
}
