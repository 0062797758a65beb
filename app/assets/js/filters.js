// The filters of FAB's lists: one .hd-filter per filter, named _flt_<operation>_<column> as FAB reads them.
// The data is in <script type="application/json" data-hd-filters> inside the form.
import { t } from "./i18n.js";

function operations(data, column, chosen) {
  const select = document.createElement("select");
  select.className = "form-select form-select-sm";
  select.setAttribute("aria-label", t("{name}: condition", { name: data.labels[column] }));
  data.filters[column].forEach((name, index) => select.add(new Option(name, index, false, name === chosen)));
  return select;
}

function field(data, column, value) {
  const template = document.createElement("template");
  template.innerHTML = data.fields[column];
  const found = template.content.querySelector("input, select, textarea");
  const input = found.type === "checkbox" ? document.createElement("select") : found;
  if (input !== found) for (const [v, label] of data.booleans) input.add(new Option(label, v));
  input.className = input.tagName === "SELECT" ? "form-select form-select-sm" : "form-control form-control-sm";
  for (const name of ["id", "required", "placeholder", "rows"]) input.removeAttribute(name);
  input.setAttribute("aria-label", t("{name}: value", { name: data.labels[column] }));
  if (value !== undefined) input.value = value;
  return input;
}

function add(form, data, column, operation, value) {
  const box = document.createElement("div");
  box.className = "hd-filter";
  const label = document.createElement("span");
  label.textContent = data.labels[column];
  const select = operations(data, column, operation);
  const input = field(data, column, value);
  const rename = () => { input.name = `_flt_${select.value}_${column}`; };
  select.addEventListener("change", rename);
  rename();
  const remove = document.createElement("button");
  remove.type = "button";
  remove.className = "btn btn-ghost btn-icon btn-sm";
  remove.setAttribute("aria-label", t("Remove the filter: {name}", { name: data.labels[column] }));
  remove.innerHTML = '<i class="bi bi-x" aria-hidden="true"></i>';
  remove.addEventListener("click", () => {
    box.remove();
    form.querySelector("[data-hd-add-filter]")?.focus();
  });
  box.append(label, select, input, remove);
  form.querySelector("[data-hd-filter-box]").append(box);
  return input;
}

/** Draw the active filters and let the person add more. */
export function startFilters() {
  for (const source of document.querySelectorAll("script[data-hd-filters]")) {
    const form = source.closest("form");
    const data = JSON.parse(source.textContent);
    for (const [column, operation, value] of data.active) {
      for (const one of Array.isArray(value) ? value : [value]) add(form, data, column, operation, one);
    }
    form.querySelector("[data-hd-add-filter]")?.addEventListener("change", (event) => {
      const column = event.target.value;
      event.target.value = "";
      if (column) add(form, data, column).focus();
    });
  }
}
