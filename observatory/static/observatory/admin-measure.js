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

// The bodies and areas of the chosen country
$?.ajaxPrefilter((options) => {
  if (!/field_name=(issuing_body|body|areas)\b/.test(options.data ?? "")) return;
  options.data += `&for_country=${encodeURIComponent(field("country").value)}`;
});

// A link to a box in a folded part opens it; a missing body takes the name that was searched
let searched = "";
function openBox(event) {
  const box = document.getElementById(event.target.closest?.("[data-opens]")?.dataset.opens);
  if (!box) return;
  event.preventDefault();
  box.closest("details").open = true;
  box.value ||= searched;
  box.focus();
}

// The first ticked topic is the primary one until another is chosen; a box narrows a long list
function choosePrimary(event) {
  const primary = field("primary_topic");
  if (event.target.name !== "topics" || !primary) return;
  if (event.target.checked && !primary.value) primary.value = event.target.value;
  if (!event.target.checked && primary.value === event.target.value) {
    primary.value = form.querySelector("[name=topics]:checked")?.value ?? "";
  }
}

// A word narrows the terms, also those that are not shown; Enter ticks the first that has it
function addNarrowing(terms) {
  const picker = terms.closest(".term-picker");
  const box = document.createElement("input");
  box.type = "search";
  box.className = "narrow-box vTextField";
  box.placeholder = form.querySelector("[data-narrow]").dataset.narrow;
  box.setAttribute("aria-label", box.placeholder);
  const narrow = () => {
    const wanted = fold(box.value);
    picker.classList.toggle("is-narrowed", Boolean(wanted));
    for (const term of terms.querySelectorAll(".term")) {
      term.classList.toggle("is-found", Boolean(wanted) && fold(term.textContent).includes(wanted));
    }
  };
  box.addEventListener("input", narrow);
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const first = terms.querySelector(".is-found input:not(:checked)");
    if (!first) return;
    first.click();
    box.value = "";
    narrow();
  });
  picker.prepend(box);
}

const fold = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().trim();

// Rows of the status history: up and down, numbered in order
function rowsOf(group) {
  return [...group.querySelectorAll("tbody tr.form-row:not(.empty-form)")];
}

function number(group) {
  rowsOf(group).forEach((row, index) => {
    const used = [...row.querySelectorAll("[name$='-status'], [name$='-date'], [name$='-body']")].some((box) => box.value);
    row.querySelector(".position").value = used ? index + 1 : "";
  });
}

function addMoves(row) {
  const box = row.querySelector(".position");
  if (!box || row.querySelector(".move-row")) return;
  const words = form.querySelector("[data-up]").dataset;
  for (const [sign, label, step] of [["↓", words.down, 1], ["↑", words.up, -1]]) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "move-row";
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

// What may be the same act, asked when a box that identifies it is left
let asked = "";
async function askForDuplicates(event) {
  const region = document.getElementById("duplicates");
  if (!region || !/^(country|kind|issuing_body|reference|provision|title_..|status_events-\d+-date)$/.test(event.target.name)) return;
  const data = new FormData(form);
  data.set("pk", region.dataset.pk);
  const question = [...data].filter(([name]) => /^(country|kind|issuing_body|reference|provision|title_|status)/.test(name)).join();
  if (question === asked) return;
  asked = question;
  const answer = await fetch(region.dataset.url, { method: "POST", body: data }).catch(() => null);
  const html = answer?.ok && !answer.redirected ? (await answer.text()).trim() : null;
  if (question !== asked) return; // a newer one is asked
  if (html === null) {
    asked = ""; // to be asked again
    return;
  }
  region.querySelector(".matches").innerHTML = html;
  region.hidden = !html;
  for (const link of form.querySelectorAll(".duplicate-warning")) link.hidden = !html;
}

// What came from another entry is marked until it is changed
const unmark = (event) => event.target.removeAttribute?.("data-carried");

// How the dates read: from when until when the act is in force
const DATES = /^(valid_from|valid_until|end_kind|duration|duration_basis|country)$/;
const WAIT = 250; // milliseconds without a key before asking
let readingSoon;

const typedDates = () => `${new URLSearchParams([...new FormData(form)].filter(([name]) => DATES.test(name)))}`;

async function readDates() {
  const region = form.querySelector(".validity-echo");
  const query = typedDates();
  const headers = { Accept: "application/json" };
  const answer = await fetch(`${region.dataset.url}?${query}`, { headers }).catch(() => null);
  if (!answer?.ok || answer.redirected) return;
  const { validity } = await answer.json();
  if (query === typedDates()) region.querySelector("output").textContent = validity;
}

function readDatesSoon(event) {
  if (!DATES.test(event.target.name) || !form.querySelector(".validity-echo")) return;
  clearTimeout(readingSoon);
  readingSoon = setTimeout(readDates, WAIT);
}

// What the relations do to the acts that they name
const EFFECTS = /^(country|kind|valid_from|valid_until|end_kind|duration|duration_basis|checked_on|status_events-\d+-(status|date|position|DELETE)|relations-\d+-(type|object|date|scope|DELETE))$/;
let effectsAsked = "";
let effectsSoon;

const effectsQuestion = () => `${new URLSearchParams([...new FormData(form)].filter(([name]) => EFFECTS.test(name)))}`;

async function readEffects() {
  const region = form.querySelector(".relation-effects");
  const question = effectsQuestion();
  if (question === effectsAsked) return;
  effectsAsked = question;
  const data = new FormData(form);
  data.set("pk", region.dataset.pk);
  const answer = await fetch(region.dataset.url, { method: "POST", body: data }).catch(() => null);
  const html = answer?.ok && !answer.redirected ? await answer.text() : null;
  if (question !== effectsAsked) return; // a newer one is asked
  if (html === null) effectsAsked = ""; // to be asked again
  else region.innerHTML = html;
}

function readEffectsSoon(event) {
  if (!EFFECTS.test(event.target.name) || !form.querySelector(".relation-effects")) return;
  clearTimeout(effectsSoon);
  effectsSoon = setTimeout(readEffects, WAIT);
}

if (form && field("kind")) {
  narrowStatuses();
  for (const row of form.querySelectorAll("#status_events-group tbody tr.form-row")) addMoves(row);
  for (const terms of form.querySelectorAll("#id_topics, #id_target_groups")) addNarrowing(terms);
  field("kind").addEventListener("change", narrowStatuses);
  form.addEventListener("change", unmark);
  $?.(form).on("select2:select select2:clear", "select", unmark);
  form.addEventListener("change", choosePrimary);
  form.addEventListener("click", openBox);
  $?.(form.elements.issuing_body).on("select2:closing", () => {
    searched = document.querySelector(".select2-container--open .select2-search__field")?.value.trim() ?? "";
  });
  form.addEventListener("input", readDatesSoon);
  form.addEventListener("change", readDatesSoon);
  form.addEventListener("focusout", askForDuplicates);
  form.addEventListener("change", askForDuplicates);
  for (const chosen of ["country", "issuing_body"]) {
    $?.(form.elements[chosen]).on("select2:select", (event) => askForDuplicates(event));
  }
  $?.(form.elements.country).on("select2:select", readDatesSoon);
  form.addEventListener("input", readEffectsSoon);
  form.addEventListener("change", readEffectsSoon);
  $?.(form).on("select2:select select2:clear", "select", readEffectsSoon);
  document.addEventListener("formset:added", (event) => {
    narrowStatuses();
    addMoves(event.target);
  });
}
