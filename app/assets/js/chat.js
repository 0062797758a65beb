// Comments as a live chat: one's own is sent once, others' appear by themselves, what is typed is kept.
import { clean } from "./forms.js";
import { fetchPart, refused, send } from "./send.js";

const TYPING_AGAIN = 2000;
const TYPING_ENDS = 3500;

function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();            // absent on plain http
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** Start the chat of the ticket page ``root``; returns { fetchNew, showTyping }. */
export function startChat(root, emit) {
  const id = root.dataset.hdTicket;
  const chat = root.querySelector("[data-hd-chat]");
  const form = root.querySelector("[data-hd-composer]");
  const field = form?.elements.body;
  const draft = `hd-draft-${document.body.dataset.me}-${id}`;
  const last = () => Math.max(0, ...[...chat.querySelectorAll("[data-comment]")].map((item) => Number(item.dataset.comment)));

  function append(html) {
    const atEnd = window.innerHeight + window.scrollY >= document.documentElement.scrollHeight - 80;
    const template = document.createElement("template");
    template.innerHTML = html;
    let newest;
    for (const item of [...template.content.children]) {
      if (!document.getElementById(item.id)) { chat.append(item); newest = item; }
    }
    const count = chat.querySelectorAll("[data-comment]").length;
    const mark = root.querySelector("[data-hd-comments-count]");
    mark.textContent = String(count);
    mark.hidden = !count;
    root.querySelector("[data-hd-no-comments]").hidden = count > 0 || chat.children.length > 0;
    if (newest && atEnd) window.scrollTo({ top: document.documentElement.scrollHeight });
  }

  let turn = Promise.resolve();

  function fetchNew() {
    turn = turn.then(async () => {
      const response = await fetchPart(`/tickets/${id}/comments?after=${last()}&seen=1`);
      if (response?.ok) append(await response.text());
    });
    return turn;
  }

  function showTyping(names) {
    const line = form?.querySelector("[data-hd-typing]");
    if (!line) return;
    line.replaceChildren();
    if (!names.length) return;
    line.innerHTML = '<span class="hd-typing-dots" aria-hidden="true"><i></i><i></i><i></i></span>';
    line.append(names.length === 1 ? line.dataset.one.replace("{name}", names[0]) : line.dataset.many.replace("{names}", names.join(", ")));
  }

  function grow() {
    field.rows = Math.min(8, Math.max(1, field.value.split("\n").length));
  }

  async function submit() {
    if (form.dataset.hdBusy || !field.value.trim()) return;
    form.dataset.hdBusy = "1";
    const sent = field.value;
    const fields = new FormData(form);
    fields.set("after", String(last()));
    const response = await send(form.action, fields);
    delete form.dataset.hdBusy;
    if (!response) return;                                       // the same key goes with the next try
    if (!response.ok) { await refused(response); return; }
    append(await response.text());
    form.elements.request_key.value = uuid();
    field.value = field.value === sent ? "" : field.value.replace(sent, "");
    sessionStorage.removeItem(draft);
    clean(form);
    grow();
    stopTyping();
    field.focus();
  }

  let told = 0;
  let idle;

  function stopTyping() {
    clearTimeout(idle);
    if (told) emit("typing", { on: false });
    told = 0;
  }

  if (form) {
    form.addEventListener("submit", (event) => { event.preventDefault(); submit(); });
    field.addEventListener("input", () => {
      grow();
      sessionStorage.setItem(draft, field.value);
      clearTimeout(idle);
      idle = setTimeout(stopTyping, TYPING_ENDS);
      if (Date.now() - told > TYPING_AGAIN) { told = Date.now(); emit("typing", { on: true }); }
    });
    if (!field.value) field.value = sessionStorage.getItem(draft) ?? "";
    grow();
    if (location.hash === "#comment") field.focus();
  }
  return { fetchNew, showTyping };
}
