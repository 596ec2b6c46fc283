// The form of a measure. All of it works without: the server checks the same and says so in words.

const form = document.getElementById("measure_form");
const field = (name) => form.elements[name];
const $ = window.django?.jQuery;

// The statuses of the kind's family
function narrowStatuses() {
  const kind = field("kind");
  if (!kind) return;
  const allowed = JSON.parse(kind.dataset.families)[kind.value];
  for (const select of form.querySelectorAll("select[name$='-status']")) {
    for (const option of select.options) {
      const isForeign = allowed && option.value && !allowed.statuses.includes(option.value);
      option.hidden = Boolean(isForeign);
      option.disabled = Boolean(isForeign) && !option.selected;
    }
  }
}

// The bodies of the chosen country
$?.ajaxPrefilter((options) => {
  if (!/field_name=issuing_body/.test(options.data ?? "")) return;
  options.data += `&for_country=${encodeURIComponent(field("country").value)}`;
});

// The first ticked topic is the primary one until another is chosen; a box narrows a long list
function choosePrimary(event) {
  const primary = field("primary_topic");
  if (event.target.name !== "topics" || !primary) return;
  if (event.target.checked && !primary.value) primary.value = event.target.value;
  if (!event.target.checked && primary.value === event.target.value) {
    primary.value = form.querySelector("[name=topics]:checked")?.value ?? "";
  }
}

function addNarrowing(terms) {
  const box = document.createElement("input");
  box.type = "search";
  box.className = "narrow vTextField";
  box.placeholder = form.querySelector("[data-narrow]").dataset.narrow;
  box.setAttribute("aria-label", box.placeholder);
  box.addEventListener("input", () => {
    const wanted = fold(box.value);
    for (const term of terms.querySelectorAll(".term")) {
      term.hidden = !fold(term.textContent).includes(wanted) && !term.querySelector(":checked");
      term.style.display = term.hidden ? "none" : "";
    }
  });
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.ctrlKey) event.preventDefault();
  });
  terms.before(box);
}

const fold = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().trim();

// Rows of the status history: up and down, numbered in order
function rowsOf(group) {
  return [...group.querySelectorAll("tbody tr.form-row:not(.empty-form)")];
}

function number(group) {
  rowsOf(group).forEach((row, index) => {
    const used = row.querySelector("[name$='-status']").value || row.querySelector("[name$='-date']").value;
    row.querySelector(".position").value = used ? index + 1 : "";
  });
}

function addMoves(row) {
  const box = row.querySelector(".position");
  if (!box || row.querySelector(".move")) return;
  const words = form.querySelector("[data-up]").dataset;
  for (const [sign, label, step] of [["↓", words.down, 1], ["↑", words.up, -1]]) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "move";
    button.textContent = sign;
    button.setAttribute("aria-label", label);
    button.addEventListener("click", () => {
      const rows = rowsOf(row.closest(".inline-group"));
      const other = rows[rows.indexOf(row) + step];
      if (!other) return;
      if (step < 0) other.before(row);
      else other.after(row);
      number(row.closest(".inline-group"));
      button.focus();
    });
    box.after(button);
  }
}

// On a phone the table is folded into boxes, each under its own label; a screen reader needs the label always
function labelCells(scope) {
  for (const row of scope.querySelectorAll(".tabular tr.form-row")) {
    const heads = [...row.closest("table").querySelectorAll("thead th")].map((head) => head.textContent.trim());
    [...row.cells].forEach((cell, index) => {
      if (!heads[index] || cell.classList.contains("original")) return;
      cell.dataset.label = heads[index];
      for (const box of cell.querySelectorAll("input:not([type=hidden]), select, textarea")) {
        if (!box.labels?.length) box.setAttribute("aria-label", heads[index]);
      }
    });
  }
}

// What may be the same act, asked when a box that identifies it is left
let asked = "";
async function askForDuplicates(event) {
  const region = document.getElementById("duplicates");
  if (!region || !/^(country|reference|provision|title_..|status_events-\d+-date)$/.test(event.target.name)) return;
  const data = new FormData(form);
  data.set("pk", region.dataset.pk);
  const question = [...data].filter(([name]) => /^(country|reference|provision|title_|status)/.test(name)).join();
  if (question === asked) return;
  asked = question;
  const answer = await fetch(region.dataset.url, { method: "POST", body: data });
  if (!answer.ok || answer.redirected) return;
  const html = (await answer.text()).trim();
  region.querySelector(".matches").innerHTML = html;
  region.hidden = !html;
  for (const link of form.querySelectorAll(".warned")) link.hidden = !html;
}

// Two versions: put the chosen one into the form
function take(event) {
  const choice = event.target.closest(".choose");
  if (!choice) return;
  const { field: name, theirs, mine } = choice.dataset;
  const values = JSON.parse(event.target.value === "theirs" ? theirs : mine);
  const boxes = [...form.querySelectorAll(`[name="${CSS.escape(name)}"]`)];
  for (const box of boxes) {
    if (box.type === "checkbox" || box.type === "radio") box.checked = values.includes(box.value);
    else if (box.tagName === "SELECT") chooseOptions(box, values);
    else box.value = values[0] ?? "";
    box.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

function chooseOptions(select, values) {
  const known = new Set([...select.options].map((option) => option.value));
  for (const value of values) if (!known.has(value)) select.add(new Option(value, value));
  for (const option of select.options) option.selected = values.includes(option.value);
  if (!values.length && !select.multiple) select.value = "";
}

// What was typed and not saved is not left behind without a question
function guard() {
  const state = () => {
    const data = new FormData(form);
    data.delete("csrfmiddlewaretoken");
    return new URLSearchParams(data).toString();
  };
  const opened = form.querySelector(".faults") ? null : state(); // a refused form holds what is not saved
  let isLeaving = false;
  form.addEventListener("submit", (event) => {
    isLeaving = !event.defaultPrevented;
  });
  window.addEventListener("pageshow", () => {
    isLeaving = false;
  });
  window.addEventListener("beforeunload", (event) => {
    if (!isLeaving && state() !== opened) event.preventDefault();
  });
}

if (form && field("kind")) {
  guard();
  narrowStatuses();
  labelCells(form);
  for (const row of form.querySelectorAll("#status_events-group tbody tr.form-row")) addMoves(row);
  for (const terms of form.querySelectorAll("#id_topics, #id_target_groups")) addNarrowing(terms);
  field("kind").addEventListener("change", narrowStatuses);
  form.addEventListener("change", choosePrimary);
  form.addEventListener("focusout", askForDuplicates);
  form.addEventListener("change", askForDuplicates);
  form.addEventListener("change", take);
  $?.(form.elements.country).on("select2:select", (event) => askForDuplicates(event));
  document.addEventListener("formset:added", (event) => {
    narrowStatuses();
    addMoves(event.target);
    labelCells(form);
  });
}
