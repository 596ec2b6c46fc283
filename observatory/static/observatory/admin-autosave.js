// What was typed into the form of a measure and not saved is kept in this browser, for the account that typed it, and offered
// when the form is opened again. With it come the versions that the form showed, so that a restored form is compared with what
// others have saved since, and a new entry that did arrive is not made twice.

const EVERY = 3000; // milliseconds between two writes
const DAYS = 7; // for which it is offered
const form = document.getElementById("measure_form");
const notice = document.querySelector("[data-unsaved]");
const key = `unsaved ${notice?.dataset.unsaved} ${location.pathname}`;

function read() {
  try {
    const kept = JSON.parse(localStorage.getItem(key));
    return kept && Date.now() - kept.at < DAYS * 86_400_000 ? kept : null;
  } catch {
    return null;
  }
}

// Names with values; and of lists that are fetched the words of what was chosen
function contents() {
  const values = [...new FormData(form)].filter(([name, value]) => name !== "csrfmiddlewaretoken" && typeof value === "string");
  const options = [...form.querySelectorAll("select.admin-autocomplete option:checked")];
  const labels = options.filter((option) => option.value).map((option) => [option.parentElement.name, option.value, option.text]);
  return { values, labels };
}

let waiting = null;
let last = "";
function keep() {
  clearTimeout(waiting);
  waiting = null;
  const now = contents();
  if (JSON.stringify(now.values) === last) return;
  last = JSON.stringify(now.values);
  try {
    localStorage.setItem(key, JSON.stringify({ at: Date.now(), ...now }));
  } catch {
    // No room, or none allowed: the form works without
  }
}

function addRows(values) {
  for (const [name, total] of values) {
    const group = name.endsWith("-TOTAL_FORMS") && document.getElementById(`${name.replace("-TOTAL_FORMS", "")}-group`);
    for (let more = group ? total - form.elements[name].value : 0; more > 0; more -= 1) group.querySelector(".add-row a")?.click();
  }
}

function restore({ values, labels }) {
  addRows(values);
  for (const [name, value, text] of labels) {
    const select = form.elements[name];
    if (select && ![...select.options].some((option) => option.value === value)) select.add(new Option(text, value));
  }
  for (const box of form.elements) {
    if (!box.name || box.name === "csrfmiddlewaretoken" || ["file", "submit", "button"].includes(box.type)) continue;
    const given = values.filter(([name]) => name === box.name).map(([, value]) => value);
    const before = box.type === "checkbox" ? box.checked : box.value;
    if (["checkbox", "radio"].includes(box.type)) box.checked = given.includes(box.value);
    else if (box.multiple) for (const option of box.options) option.selected = given.includes(option.value);
    else if (given.length) [box.value] = given;
    const now = box.type === "checkbox" ? box.checked : box.value;
    if (now !== before) box.closest("details")?.setAttribute("open", ""); // nothing comes back unseen
    box.dispatchEvent(new Event("change", { bubbles: true }));
  }
  keep();
}

function offer(kept) {
  notice.querySelector("[data-when]").textContent = new Date(kept.at).toLocaleString(document.documentElement.lang);
  notice.hidden = false;
  notice.addEventListener("click", (event) => {
    if (event.target.type !== "button") return;
    if (event.target.value === "restore") restore(kept);
    else localStorage.removeItem(key);
    notice.hidden = true;
    begin();
  });
}

// Not before the visitor has decided about what is kept, which would be written over
function begin() {
  last = JSON.stringify(contents().values);
  form.addEventListener("input", () => (waiting ??= setTimeout(keep, EVERY)));
  form.addEventListener("change", () => (waiting ??= setTimeout(keep, EVERY)));
  addEventListener("pagehide", keep);
  form.addEventListener("submit", () => {
    keep();
    sessionStorage.setItem("sent", key); // admin.js forgets it once the next page says that it was saved
  });
}

if (form?.querySelector(".submit-row [type=submit]") && notice) {
  addEventListener("load", () => {
    const kept = read();
    const isAnswer = document.querySelector(".form-faults, .edition-notice"); // this page has what was typed
    if (kept && !isAnswer && JSON.stringify(kept.values) !== JSON.stringify(contents().values)) offer(kept);
    else begin();
  });
}
