// Toasts: news from others, bottom right, polite, three at most, 8 seconds, longer under the pointer or focus.
const MOST = 3;
const SECONDS = 8;

const region = () => document.getElementById("hd-toasts");

function arm(item) {
  let timer;
  const stop = () => clearTimeout(timer);
  const start = () => {
    stop();
    if (document.hidden) {                                      // nobody has seen it yet
      document.addEventListener("visibilitychange", start, { once: true });
      return;
    }
    timer = setTimeout(() => item.remove(), SECONDS * 1000);
  };
  const restart = () => { if (!item.matches(":hover") && !item.contains(document.activeElement)) start(); };
  item.addEventListener("pointerenter", stop);
  item.addEventListener("pointerleave", restart);
  item.addEventListener("focusin", stop);
  item.addEventListener("focusout", () => setTimeout(restart));
  start();
}

function place(item) {
  const box = region();
  if (!box) return;
  while (box.children.length >= MOST) {
    const free = [...box.children].find((old) => !old.contains(document.activeElement)) ?? box.firstElementChild;
    free.remove();
  }
  box.append(item);
  arm(item);
}

/** Show one toast: HTML rendered by our server (an .hd-toast element). Returns the element. */
export function toast(html) {
  const template = document.createElement("template");
  template.innerHTML = html.trim();
  const item = template.content.firstElementChild;
  place(item);
  return item;
}

/** Anything with [data-hd-dismiss="selector"] removes its closest such ancestor. */
export function startToasts() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-hd-dismiss]");
    button?.closest(button.dataset.hdDismiss)?.remove();
  });
  for (const item of region()?.children ?? []) arm(item);
}
