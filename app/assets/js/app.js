// Starts the behaviours of every page. One module, one subject; a module exports what others may call.
import { startConfirm } from "./confirm.js";
import { startFilters } from "./filters.js";
import { startForms } from "./forms.js";
import { startHtmx } from "./net.js";
import { startKeys } from "./keys.js";
import { startLists } from "./lists.js";
import { startShell } from "./shell.js";
import { startSignOut } from "./signout.js";
import { startTheme } from "./theme.js";
import { startTimes } from "./times.js";
import { startToasts } from "./toasts.js";
import { startWho } from "./who.js";

startTheme();
startShell();
startSignOut();
startHtmx();
startConfirm();
startForms();
startLists();
startFilters();
startToasts();
startTimes();
startKeys();
startWho();
