// A form with rows that two people may have open: labels of cells, two versions, and a question before leaving.

const form = document.querySelector("form:has([name=loaded])");

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

// Two versions: put the chosen one into the form
function take(event) {
  const choice = event.target.closest(".version-choice");
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
  const opened = form.querySelector(".form-faults, .edition-notice") ? null : state(); // a form that was sent holds what is not saved
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

if (form) {
  guard();
  labelCells(form);
  form.addEventListener("change", take);
  document.addEventListener("formset:added", () => labelCells(form));
  // Django's own script leaves an empty heading above its buttons that remove new rows
  window.addEventListener("load", () => {
    for (const head of form.querySelectorAll(".tabular thead th:empty:not(.original)")) {
      head.replaceWith(document.createElement("td"));
    }
  });
}
