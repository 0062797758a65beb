// Texts in the language of the page: t("{n} rows", {n: 3}). The catalogue is app/js_texts.py.
const holder = document.getElementById("hd-texts");
const texts = holder ? JSON.parse(holder.textContent) : {};

/** The translation of the English text, with {placeholders} filled in. */
export function t(text, params = {}) {
  return (texts[text] ?? text).replace(/\{(\w+)\}/g, (whole, name) => params[name] ?? whole);
}
