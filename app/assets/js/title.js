// The tab: a flashing title for news while the page is not looked at, and the unread number on its icon.
const plain = document.title;
let flashing;
let unread = 0;

function stop() {
  clearInterval(flashing);
  flashing = undefined;
  document.title = unread ? `(${unread}) ${plain}` : plain;
}

/** Flash the text in the tab's title until the person looks at the page. */
export function flash(text) {
  if (document.visibilityState === "visible" && document.hasFocus()) return;
  clearInterval(flashing);
  let on = true;
  document.title = text;
  flashing = setInterval(() => { on = !on; document.title = on ? text : plain; }, 1000);
}

function drawBadge(link, image, text) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 64;
  const paint = canvas.getContext("2d");
  paint.drawImage(image, 0, 0, 64, 64);
  if (text) {
    paint.fillStyle = "#b42318";
    paint.beginPath();
    paint.arc(42, 22, 22, 0, 2 * Math.PI);
    paint.fill();
    paint.fillStyle = "#ffffff";
    paint.font = `600 ${text.length > 1 ? 26 : 32}px sans-serif`;
    paint.textAlign = "center";
    paint.textBaseline = "middle";
    paint.fillText(text, 42, 24);
  }
  link.type = "image/png";
  link.href = canvas.toDataURL("image/png");
}

/** Show the number of unread tickets: in the icon of the tab, in its title and in every [data-hd-unread]. */
export function setUnread(count) {
  unread = count;
  if (!flashing) stop();
  for (const badge of document.querySelectorAll("[data-hd-unread]")) {
    badge.hidden = !count;
    const number = badge.querySelector("[data-hd-number]") ?? badge;
    number.textContent = count > 99 ? "99+" : String(count);
  }
  const link = document.querySelector('link[rel="icon"]');
  if (!link) return;
  link.dataset.source ??= link.href;
  const image = new Image();
  image.addEventListener("load", () => drawBadge(link, image, count ? (count > 99 ? "99" : String(count)) : ""));
  image.src = link.dataset.source;
}

document.addEventListener("visibilitychange", () => { if (document.visibilityState === "visible") stop(); });
window.addEventListener("focus", stop);
