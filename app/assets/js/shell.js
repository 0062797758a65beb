// The shell: on a telephone the left bar opens over the page; dialogs close by their buttons and by a click outside.
function toggleMenu(open) {
  document.body.classList.toggle("hd-menu-open", open);
  for (const button of document.querySelectorAll("[data-hd-more]")) button.setAttribute("aria-expanded", String(open));
  if (open) document.querySelector(".hd-side a")?.focus();
}

/** Buttons [data-hd-more] open the menu on a telephone; Escape closes it. */
export function startShell() {
  // on a telephone the tabs scroll: the current one is seen first
  document.querySelector(".hd-tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
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
