// Every form of the admin: what is understood of a typed date, keys, and nothing lost to an expired session.

const WAIT = 250; // milliseconds without a key before asking

async function understand(box) {
  const output = box.parentElement.querySelector(".echo");
  const query = new URLSearchParams({ text: box.value, kind: box.dataset.kind });
  const answer = await fetch(`${box.dataset.echo}?${query}`, { headers: { Accept: "application/json" } });
  if (!answer.ok || answer.redirected) return;
  const { echo, error } = await answer.json();
  output.textContent = error || echo;
  output.classList.toggle("wrong", Boolean(error));
}

let waiting;
document.addEventListener("input", (event) => {
  if (!event.target.matches?.("[data-echo]")) return;
  clearTimeout(waiting);
  waiting = setTimeout(understand, WAIT, event.target);
});

// Ctrl+Enter saves; Ctrl+S saves and stays
const SAVING = { Enter: "[name=_save], .default", s: "[name=_continue]" };
document.addEventListener("keydown", (event) => {
  if (!Object.hasOwn(SAVING, event.key) || !(event.ctrlKey || event.metaKey)) return;
  const row = (event.target.closest?.("form") ?? document.querySelector("form:has(.submit-row [name=_continue])"))?.querySelector(".submit-row");
  const save = row?.querySelector(SAVING[event.key]);
  if (!save) return;
  event.preventDefault();
  save.click();
});

// The box of a search that one sees gets the focus, not the list behind it, and a letter typed there begins the search
function focusSeen(list) {
  if (!list?.matches?.(".select2-hidden-accessible")) return;
  list.nextElementSibling?.querySelector(".select2-selection")?.focus();
}
document.addEventListener("focusin", (event) => focusSeen(event.target));
window.django?.jQuery?.(() => focusSeen(document.activeElement)); // Django may focus the list before it is hidden
document.addEventListener("keydown", (event) => {
  const box = event.target.closest?.(".select2-selection--single");
  if (!box || event.key.length !== 1 || event.key === " " || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault(); // the letter would be lost on the way to the search
  window.django.jQuery(box.closest(".select2").previousElementSibling).select2("open");
  const search = document.querySelector(".select2-container--open .select2-search__field");
  search.focus();
  search.value = event.key;
  search.dispatchEvent(new Event("input", { bubbles: true }));
});

// Before a form is sent: is its author still signed in? A new sign-in, in another tab, brings a new token.
async function sendSafely(form, button) {
  let token;
  try {
    const answer = await fetch(form.dataset.session, { headers: { Accept: "application/json" } });
    token = answer.ok && !answer.redirected ? (await answer.json()).token : null;
  } catch {
    token = null;
  }
  const notice = form.querySelector(".signed-out");
  notice.hidden = Boolean(token);
  if (!token) {
    rest(form, false);
    notice.scrollIntoView({ block: "center" });
    return;
  }
  form.elements.csrfmiddlewaretoken.value = token;
  form.dataset.checked = "yes";
  form.requestSubmit(button);
}

// What this tab has sent is saved: it need not be kept in the browser any longer, see admin-autosave.js
if (document.querySelector(".messagelist .success") && sessionStorage.getItem("sent")) {
  localStorage.removeItem(sessionStorage.getItem("sent"));
  sessionStorage.removeItem("sent");
}

// One click, one record: while a form is on its way its buttons rest, not disabled, so that the chosen one is sent too
function rest(form, isResting) {
  form.toggleAttribute("data-resting", isResting);
  for (const button of form.querySelectorAll("[type=submit]")) button.setAttribute("aria-disabled", String(isResting));
}

const sent = document.querySelectorAll("form:has(.submit-row)");
for (const form of sent) {
  form.dataset.session = form.querySelector("[data-session]")?.dataset.session ?? "";
  form.addEventListener("submit", (event) => {
    if (form.dataset.checked) {
      delete form.dataset.checked;
      return;
    }
    const isResting = form.hasAttribute("data-resting");
    if (isResting || form.dataset.session) event.preventDefault();
    if (isResting) return;
    rest(form, true);
    if (form.dataset.session) sendSafely(form, event.submitter);
  });
}
window.addEventListener("pageshow", () => sent.forEach((form) => rest(form, false))); // back again, by the browser's button

// A form that was not saved begins by saying so; Django's own script, which loads on its own, gives the focus to the first box
addEventListener("load", () => {
  const unsaved = document.querySelector(".form-faults, .edition-notice");
  unsaved?.focus();
  unsaved?.scrollIntoView({ block: "center" });
});

// Select2 leaves its boxes without a name for who hears the page
function nameAutocompletes(scope) {
  for (const select of scope.querySelectorAll("select.admin-autocomplete")) {
    const container = select.nextElementSibling;
    const name = (select.labels?.[0]?.textContent ?? select.getAttribute("aria-label") ?? "").replace(/:\s*$/, "").trim();
    if (!container?.classList.contains("select2-container") || !name) continue;
    const box = container.querySelector(".select2-selection");
    const shown = container.querySelector(".select2-selection__rendered");
    box.removeAttribute("aria-labelledby");
    box.setAttribute("aria-label", name);
    shown.setAttribute("aria-label", name);
    if (shown.id) box.setAttribute("aria-describedby", shown.id);
    container.querySelector(".select2-search__field")?.setAttribute("aria-label", name);
  }
}

window.django?.jQuery?.(() => nameAutocompletes(document)); // after the boxes were made, which jQuery does late
document.addEventListener("formset:added", (event) => setTimeout(nameAutocompletes, 0, event.target.parentElement));
