// "Merge with…": the other client is found with the combobox and compared on the next page.
import { combobox } from "./combobox.js";

const form = document.querySelector("[data-hd-merge]");
if (form) {
  combobox(form.querySelector("#who"), form.querySelector("[data-hd-combo-list]"), (option) => {
    location.assign(`/client-base/merge?client=${form.dataset.hdMerge}&double=${option.dataset.id}`);
  });
}
