// Makes the map quicker to read: its read-out, one tab stop, a slider. The table below has the same without it.

const NEAR = 20; // pixels within which a small country is meant, although another is pointed at
const SMALL = 26; // pixels; what is larger than that is easily met
const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

const language = document.documentElement.lang.replace(/^en$/, "en-GB"); // dates as the server writes them

function element(tag, className, ...content) {
  const made = document.createElement(tag);
  made.className = className;
  made.append(...content);
  return made;
}

// --- the read-out: what the line of the table says, beside the map; on phones a sheet

class ReadOut {
  constructor(box, checked) {
    this.box = box;
    this.checked = checked;
    this.hint = [...box.childNodes];
  }

  show(place) {
    const line = document.querySelector(`#all-values [data-place="${place.dataset.place}"]`);
    const name = line.matches("tr") ? line.cells[0].innerText : line.textContent;
    const close = element("button", "close-readout", this.box.dataset.close);
    close.type = "button";
    close.addEventListener("click", () => this.clear());
    this.heading = element("h3", "", name);
    this.heading.tabIndex = -1;
    this.box.replaceChildren(close, this.heading, line.matches("tr") ? this.values(line) : this.gap());
    if (place.matches("a")) this.box.append(this.link(place, name));
  }

  values(line) {
    const cells = [...line.cells].slice(1).filter((cell) => !cell.matches(".implied"));
    const pairs = cells.map((cell) => {
      const copies = [...cell.childNodes].map((node) => node.cloneNode(true));
      return element("div", "", element("dt", "", cell.dataset.label), element("dd", "", ...copies));
    });
    return element("dl", "", ...pairs, ...[...this.checked.children].map((pair) => pair.cloneNode(true)));
  }

  gap() {
    return element("p", "", this.box.dataset.noValue);
  }

  link(place, name) {
    const link = element("a", "open-country", this.box.dataset.open.replace("{name}", name));
    link.href = place.getAttribute("href");
    return link;
  }

  open(place) {
    this.opener = place;
    this.box.classList.add("bottom-sheet");
    this.heading.focus({ preventScroll: true });
  }

  clear() {
    const hadFocus = this.box.contains(document.activeElement);
    this.box.classList.remove("bottom-sheet");
    this.box.replaceChildren(...this.hint);
    this.onclear();
    if (hadFocus) this.opener?.focus({ preventScroll: true });
  }
}

// --- which country is meant: the one beneath the pointer, else the nearest small one

function nearest(places, x, y) {
  const distance = (place) => {
    const box = place.getBoundingClientRect();
    if (box.width > SMALL && box.height > SMALL) return Infinity;
    return Math.hypot(box.left + box.width / 2 - x, box.top + box.height / 2 - y);
  };
  const near = places.map((place) => [distance(place), place]).filter(([far]) => far <= NEAR);
  return near.sort(([a], [b]) => a - b)[0]?.[1];
}

class WorldMap {
  constructor(box, readOut) {
    this.box = box;
    this.readOut = readOut;
    const byName = new Intl.Collator(language).compare;
    this.places = [...box.querySelectorAll("a.place, g.place")];
    for (const place of this.places) {
      const title = place.querySelector("title");
      place.setAttribute("aria-label", title.textContent);
      title.remove(); // the browser would float it over the map
    }
    this.places.sort((a, b) => byName(a.ariaLabel, b.ariaLabel));
    this.byCode = new Map(this.places.map((place) => [place.dataset.place, place]));
    this.makeOneStop(this.places[0]);
    readOut.onclear = () => this.mark(null);
  }

  makeOneStop(stop) {
    for (const place of this.places) place.setAttribute("tabindex", place === stop ? "0" : "-1");
  }

  at(event) {
    const met = event.target.closest(".place");
    return (met && this.byCode.get(met.dataset.place)) ?? nearest(this.places, event.clientX, event.clientY);
  }

  mark(chosen) {
    for (const place of this.box.querySelectorAll(".place.chosen")) place.classList.remove("chosen");
    this.chosen = chosen;
    if (!chosen) return;
    for (const place of this.box.querySelectorAll(`[data-place="${chosen.dataset.place}"]`)) place.classList.add("chosen");
  }

  choose(place) {
    if (!place || place === this.chosen) return;
    this.mark(place);
    this.readOut.show(place);
  }

  listen() {
    this.box.addEventListener("pointerdown", (event) => (this.isTouch = event.pointerType === "touch"));
    this.box.addEventListener("pointermove", (event) => {
      if (event.pointerType === "touch") return;
      const place = this.at(event);
      this.box.classList.toggle("near-place", Boolean(place?.matches("a")));
      this.choose(place);
    });
    this.box.addEventListener("focusin", (event) => {
      if (event.target.matches(":focus-visible")) this.choose(event.target.closest(".place"));
    });
    this.box.addEventListener("click", (event) => this.click(event));
    this.box.addEventListener("keydown", (event) => this.key(event));
    addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.chosen) this.readOut.clear();
    });
  }

  click(event) {
    const place = event.detail && this.at(event); // none is pointed at by the Enter key
    if (!place) return;
    if (this.isTouch) {
      event.preventDefault();
      this.choose(place);
      this.readOut.open(place);
    } else if (place.matches("a") && !place.contains(event.target)) {
      location.assign(place.getAttribute("href"));
    }
  }

  key(event) {
    const place = this.places.indexOf(document.activeElement);
    if (place < 0 || event.altKey || event.ctrlKey || event.metaKey) return;
    const count = this.places.length;
    const next = { Home: 0, End: count - 1 }[event.key] ?? (place + STEPS[event.key] + count) % count;
    if (Number.isNaN(next)) return;
    event.preventDefault();
    this.makeOneStop(this.places[next]);
    this.places[next].focus();
  }
}

// --- a slider that writes the day into its box, and sends the form once it rests

const RESTS = 400; // milliseconds: arrow keys move it day by day
const SLID = "#on"; // the page that the slider asked for begins at the form, with the focus where it was

function addSlider(day) {
  const DAY = 86_400_000;
  const [first, today] = [day.dataset.first, day.dataset.today].map((text) => Date.parse(text) / DAY);
  if (!(first < today)) return;
  const slider = element("input", "");
  Object.assign(slider, { type: "range", min: first, max: today, value: day.value ? Date.parse(day.value) / DAY : today });
  slider.ariaLabel = day.dataset.slider;
  const words = new Intl.DateTimeFormat(language, { dateStyle: "long", timeZone: "UTC" });
  const say = () => (slider.ariaValueText = words.format(new Date(slider.value * DAY)));
  slider.addEventListener("input", () => {
    day.value = new Date(slider.value * DAY).toISOString().slice(0, 10);
    say();
  });
  day.addEventListener("input", () => {
    if (day.value) slider.value = Date.parse(day.value) / DAY;
    say();
  });
  const send = Object.assign(element("button", ""), { hidden: true, formAction: SLID });
  let resting;
  slider.addEventListener("change", () => {
    clearTimeout(resting);
    resting = setTimeout(() => day.form.requestSubmit(send), RESTS);
  });
  say();
  day.form.append(element("div", "day-slider", slider), send);
  if (location.hash === SLID) {
    history.replaceState(null, "", location.pathname + location.search);
    slider.focus();
  }
}

const box = document.querySelector(".map-box");
if (box) {
  const readOut = new ReadOut(document.getElementById("readout"), document.getElementById("last-check"));
  new WorldMap(box, readOut).listen();
}
addSlider(document.getElementById("on"));

// An address without an empty day is easier to share
const form = document.getElementById("map-form");
form.addEventListener("submit", () => (form.elements.on.disabled = !form.elements.on.value));
addEventListener("pageshow", () => (form.elements.on.disabled = false));
