// Writes the exact moment of a <time> into its title when the pointer first rests on it, in the page's language.
const words = new Intl.DateTimeFormat(document.documentElement.lang || "en", { dateStyle: "long", timeStyle: "short" });

export function startTimes() {
  document.addEventListener("pointerover", (event) => {
    const time = event.target.closest?.("time[datetime]:not([title])");
    if (time) time.title = words.format(new Date(time.dateTime));
  });
}
