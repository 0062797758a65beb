// Light, dark or as the system says. The server prints the choice; here it is changed and sent back.
import { postForm } from "./net.js";

const root = document.documentElement;
const system = matchMedia("(prefers-color-scheme: dark)");

function apply(choice) {
  root.dataset.hdChoice = choice;
  root.dataset.bsTheme = choice === "auto" ? (system.matches ? "dark" : "light") : choice;
  for (const button of document.querySelectorAll("[data-hd-theme]")) {
    if (button.dataset.hdTheme) button.setAttribute("aria-pressed", String(button.dataset.hdTheme === choice));
  }
  document.dispatchEvent(new Event("hd:theme"));               // charts redraw on it
}

/** Buttons [data-hd-theme="light|dark|auto"]; an empty value turns light into dark and back. */
export function startTheme() {
  apply(root.dataset.hdChoice || "auto");
  system.addEventListener("change", () => { if (root.dataset.hdChoice === "auto") apply("auto"); });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-hd-theme]");
    if (!button) return;
    const choice = button.dataset.hdTheme || (root.dataset.bsTheme === "dark" ? "light" : "dark");
    apply(choice);
    if (document.body.dataset.me) postForm("/settings/theme", { theme: choice }).catch(() => {});   // kept for the next page
  });
}
