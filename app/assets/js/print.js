// The paper view: its button opens the browser's print dialog.
document.querySelector("[data-hd-print]")?.addEventListener("click", () => window.print());
