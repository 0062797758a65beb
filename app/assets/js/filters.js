// The filters of generated lists: one .hd-filter per filter, with the parameter names of the program behind it.
// FAB: <script type="application/json" data-hd-filters> in the form, names _flt_<operation>_<column>.
// Flask-Admin: data-hd-admin-filters, names flt<position>_<operation>.
import { t } from "./i18n.js";

/** Both kinds as one: column → its operations, each with the suffix of its name and its input. */
function fromFab(data) {
  return Object.entries(data.filters).map(([column, names]) => ({
    key: column,
    label: data.labels[column],
    operations: names.map((label, index) => ({ label, id: label, name: () => `_flt_${index}_${column}`, input: () => fabInput(data, column) })),
  }));
}

function fabInput(data, column) {
  const template = document.createElement("template");
  template.innerHTML = data.fields[column];
  const found = template.content.querySelector("input, select, textarea");
  if (found.type === "checkbox") return choice(data.booleans);
  if (template.content.querySelector(".appbuilder_date")) found.type = "date";
  for (const name of ["id", "required", "placeholder", "rows"]) found.removeAttribute(name);
  return found;
}

function fromAdmin(data) {
  return Object.entries(data.groups).map(([label, operations]) => ({
    key: label,
    label,
    operations: operations.map((one) => ({
      label: one.operation,
      id: one.index,
      name: (position) => `flt${position}_${one.arg}`,
      input: () => {
        if (one.options) return choice(one.options);
        const input = document.createElement("input");
        if (one.type === "datepicker") input.type = "date";
        return input;
      },
    })),
  }));
}

function choice(options) {
  const select = document.createElement("select");
  for (const [value, label] of options) select.add(new Option(label, value));
  return select;
}

let position = 0;

function add(form, column, id, value) {
  const box = document.createElement("div");
  box.className = "hd-filter";
  const label = document.createElement("span");
  label.textContent = column.label;
  const select = document.createElement("select");
  select.className = "form-select form-select-sm";
  select.setAttribute("aria-label", t("{name}: condition", { name: column.label }));
  column.operations.forEach((one, index) => select.add(new Option(one.label, index, false, one.id === id)));
  const number = position++;
  let input;
  const draw = (typed) => {
    const operation = column.operations[select.value];
    const fresh = operation.input();
    fresh.className = fresh.tagName === "SELECT" ? "form-select form-select-sm" : "form-control form-control-sm";
    fresh.setAttribute("aria-label", t("{name}: value", { name: column.label }));
    fresh.name = operation.name(number);
    if (typed !== undefined) fresh.value = typed;
    if (input) input.replaceWith(fresh);
    input = fresh;
  };
  draw(value);
  select.addEventListener("change", () => draw(input.value));
  const remove = document.createElement("button");
  remove.type = "button";
  remove.className = "btn btn-ghost btn-icon btn-sm";
  remove.setAttribute("aria-label", t("Remove the filter: {name}", { name: column.label }));
  remove.innerHTML = '<i class="bi bi-x" aria-hidden="true"></i>';
  remove.addEventListener("click", () => {
    box.remove();
    form.querySelector("[data-hd-add-filter]")?.focus();
  });
  box.append(label, select, input, remove);
  form.querySelector("[data-hd-filter-box]").append(box);
  return input;
}

function start(form, columns, active) {
  const find = (key) => columns.find((column) => column.key === key);
  for (const [key, id, value] of active) {
    for (const one of Array.isArray(value) ? value : [value]) if (find(key)) add(form, find(key), id, one);
  }
  form.querySelector("[data-hd-add-filter]")?.addEventListener("change", (event) => {
    const column = find(event.target.value);
    event.target.value = "";
    if (column) add(form, column).focus();
  });
}

/** Draw the active filters and let the person add more. */
export function startFilters() {
  for (const source of document.querySelectorAll("script[data-hd-filters]")) {
    const data = JSON.parse(source.textContent);
    start(source.closest("form"), fromFab(data), data.active);
  }
  for (const source of document.querySelectorAll("script[data-hd-admin-filters]")) {
    const data = JSON.parse(source.textContent);
    start(source.closest("form"), fromAdmin(data), data.active.map(([index, group, value]) => [group, index, value]));
  }
}
