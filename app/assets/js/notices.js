// Messages in the flow, on top of the page: what the person's own click led to. News from others are toasts.
import { t } from "./i18n.js";

function put(item) {
  const box = document.getElementById("hd-flashes");
  if (!box) return;
  for (const old of box.querySelectorAll("[data-hd-said]")) old.remove();       // the latest answer is enough
  item.dataset.hdSaid = "";
  box.prepend(item);
  item.scrollIntoView({ block: "nearest" });
}

function closeButton() {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn btn-ghost btn-icon btn-sm";
  button.dataset.hdDismiss = ".hd-notice";
  button.setAttribute("aria-label", t("Close"));
  button.innerHTML = '<i class="bi bi-x-lg" aria-hidden="true"></i>';
  return button;
}

/** Say one sentence of ours. kind: "free" (look at this) or "danger" (nothing was saved). */
export function say(text, kind = "free") {
  const item = document.createElement("div");
  item.className = `hd-notice hd-notice-${kind}`;
  item.setAttribute("role", "alert");
  item.innerHTML = '<i class="bi bi-exclamation-circle" aria-hidden="true"></i><div class="hd-grow"></div>';
  item.querySelector("div").textContent = text;
  item.append(closeButton());
  put(item);
}

/** Show a notice rendered by our server: the refusal in errors/fragment.html. */
export function show(html) {
  const template = document.createElement("template");
  template.innerHTML = html.trim();
  const item = template.content.firstElementChild;
  item.append(closeButton());
  put(item);
}
