// Makes filters, timeline and list quicker to use; everything here can be done without it.

const isPhone = matchMedia("(max-width: 46em)").matches;
const LONG_MONTH = 10;
const SHOWN_OF_LONG_MONTH = 5;
const LINGER = 250; // milliseconds in which the pointer may reach the card

// --- on phones filters are folded unless something in them is wrong, and months over ten entries are shortened

function foldFilters() {
  const details = document.querySelector(".filters > details");
  if (details && !details.querySelector(".wrong")) details.open = false;
}

// --- an address without empty parameters is easier to share

function leaveOutTheEmpty() {
  const boxes = () => document.querySelectorAll(".filters input[name], .filters select[name]");
  document.querySelector(".filters")?.addEventListener("submit", () => {
    for (const box of boxes()) box.disabled ||= !box.value;
  });
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    for (const box of boxes()) if (!box.value) box.disabled = false;
    document.querySelector(".filters")?.reset(); // ticks of another page, kept until the reader came back to this one
  });
}

function shorten(list) {
  const rest = [...list.children].slice(SHOWN_OF_LONG_MONTH);
  const button = document.createElement("button");
  button.type = "button";
  button.className = "show-rest";
  button.textContent = list.closest("[data-more]").dataset.more.replace("{n}", rest.length);
  const show = () => {
    for (const entry of rest) entry.hidden = false;
    button.remove();
  };
  const showTarget = () => {
    const target = document.getElementById(location.hash.slice(1));
    if (!rest.includes(target) || !target.hidden) return;
    show();
    target.scrollIntoView();
  };
  for (const entry of rest) entry.hidden = true;
  list.after(button);
  button.addEventListener("click", () => {
    show();
    rest[0].querySelector("a").focus();
  });
  addEventListener("hashchange", showTarget);
  addEventListener("beforeprint", show);
  showTarget();
}

leaveOutTheEmpty();

if (isPhone) {
  foldFilters();
  for (const list of document.querySelectorAll(".month > .entries")) {
    if (list.children.length > LONG_MONTH) shorten(list);
  }
}

// --- the timeline is one tab stop with arrow keys

function moveByKeys(chart, marks) {
  const focusOn = (index) => {
    const next = marks[(index + marks.length) % marks.length];
    for (const mark of marks) mark.tabIndex = mark === next ? 0 : -1;
    next.focus();
  };
  const targets = {
    ArrowRight: (index) => index + 1,
    ArrowDown: (index) => index + 1,
    ArrowLeft: (index) => index - 1,
    ArrowUp: (index) => index - 1,
    Home: () => 0,
    End: () => marks.length - 1,
  };
  marks.forEach((mark, index) => (mark.tabIndex = index ? -1 : 0));
  chart.addEventListener("keydown", (event) => {
    const index = marks.indexOf(document.activeElement);
    if (index < 0 || !(event.key in targets) || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    focusOn(targets[event.key](index));
  });
}

// --- a card with the entry of the list beside the mark: it can be reached with the pointer and closed with Esc

class Card {
  constructor(chart) {
    this.chart = chart;
    this.box = null;
    this.timer = 0;
  }

  close() {
    clearTimeout(this.timer);
    this.box?.remove();
    this.box = null;
  }

  closeSoon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.close(), LINGER);
  }

  open(mark, pointerX) {
    const entry = document.getElementById(mark.getAttribute("href").slice(1));
    if (!entry) return;
    this.close();
    this.box = cardOf(entry);
    this.box.addEventListener("pointerenter", () => clearTimeout(this.timer));
    this.box.addEventListener("pointerleave", () => this.closeSoon());
    this.chart.append(this.box);
    this.place(mark, pointerX);
  }

  place(mark, pointerX) {
    const chart = this.chart.getBoundingClientRect();
    const icon = (mark.querySelector(":scope > svg:last-of-type > .hit-area") ?? mark).getBoundingClientRect();
    const x = (pointerX ?? icon.left + icon.width / 2) - chart.left + 12;
    const isBelow = icon.bottom + this.box.offsetHeight + 8 < innerHeight;
    const y = isBelow ? icon.bottom - chart.top + 4 : icon.top - chart.top - this.box.offsetHeight - 4;
    this.box.style.left = `${Math.max(0, Math.min(x, chart.width - this.box.offsetWidth))}px`;
    this.box.style.top = `${y}px`;
  }
}

function cardOf(entry) {
  const status = [...entry.classList].find((name) => name.startsWith("status-"));
  const text = (selector) => entry.querySelector(selector)?.textContent.trim() ?? "";
  const element = (tag, className, content) => {
    const made = document.createElement(tag);
    made.className = className;
    made.textContent = content;
    return made;
  };
  const card = element("div", `entry-card ${status}`, "");
  card.ariaHidden = "true"; // it repeats the name of the mark
  const dates = [text(".entry-date > :first-child"), text(".entry-date span")].filter(Boolean).join(" · ");
  const way = entry.querySelector(".entry-direction")?.cloneNode(true);
  const facts = element("span", "entry-card-status", "");
  const icon = entry.querySelector(".entry-icon").cloneNode(true);
  icon.setAttribute("class", `status-icon ${status}`);
  facts.append(icon, `${text(".entry-status b")} · ${text(".entry-reference")}`);
  const name = entry.querySelector(":is(h3, h4) a");
  const title = element("b", "", name.textContent.trim());
  title.lang = name.lang;
  card.append(element("span", "entry-card-dates", dates), title, facts, ...(way ? [way] : []));
  return card;
}

function showCards(chart, marks) {
  const card = new Card(chart);
  for (const mark of marks) {
    mark.addEventListener("pointerenter", (event) => {
      if (event.pointerType !== "touch") card.open(mark, event.clientX);
    });
    mark.addEventListener("pointerleave", () => card.closeSoon());
    mark.addEventListener("focus", () => {
      if (mark.matches(":focus-visible")) card.open(mark);
    });
    mark.addEventListener("blur", () => card.close());
  }
  addEventListener("keydown", (event) => {
    if (event.key === "Escape") card.close();
  });
}

const chart = document.querySelector("div.chart");
if (chart) {
  const marks = [...chart.querySelectorAll('a[href^="#entry-"]')];
  if (marks.length) {
    moveByKeys(chart, marks);
    showCards(chart, marks);
  }
}
