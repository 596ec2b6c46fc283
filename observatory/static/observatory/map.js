// Makes the map quicker to read: its read-out, one tab stop, a slider that plays. The table below has the same without it.

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

const folded = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

class WorldMap {
  constructor(box, readOut) {
    this.box = box;
    this.readOut = readOut;
    this.absent = box.querySelector("#map").dataset.absent;
    this.places = [...box.querySelectorAll("a.place, g.place")];
    for (const place of this.places) {
      const title = place.querySelector("title");
      place.words = title.textContent;
      if (place.matches("a")) place.setAttribute("aria-label", place.words);
      title.remove(); // the browser would float it over the map
    }
    this.stops = this.places.filter((place) => place.matches("a"));
    this.byCode = new Map(this.places.map((place) => [place.dataset.place, place]));
    if (this.stops.length) this.makeOneStop(this.stops[0]); // the server writes those with a value first
  }

  makeOneStop(stop) {
    for (const place of this.stops) place.setAttribute("tabindex", place === stop ? "0" : "-1");
  }

  at(event) {
    const met = event.target.closest(".place");
    return (met && this.byCode.get(met.dataset.place)) ?? nearest(this.places, event.clientX, event.clientY);
  }

  choose(place) {
    if (place === this.chosen) return;
    for (const shape of this.box.querySelectorAll(".place.chosen")) shape.classList.remove("chosen");
    this.chosen = place;
    for (const shape of place ? this.shapesOf(place) : []) shape.classList.add("chosen");
    this.say();
  }

  shapesOf(place) {
    return this.box.querySelectorAll(`[data-place="${place.dataset.place}"]`);
  }

  say() {
    const [name, ...rest] = this.chosen ? this.chosen.words.split(": ") : [];
    const lines = rest.join(": ").split("; ");
    this.readOut.replaceChildren(...(name ? [element("b", "", name), ...lines.map((line) => element("span", "", line))] : []));
  }

  paint(code, shade, words) {
    const place = this.byCode.get(code);
    for (const shape of this.shapesOf(place)) {
      shape.classList.remove(...[...shape.classList].filter((name) => name.startsWith("shade-")));
      shape.classList.add(`shade-${shade}`);
    }
    place.words = `${place.words.split(": ")[0]}: ${words}`;
    if (place.matches("a")) place.setAttribute("aria-label", place.words);
  }

  listen() {
    this.box.addEventListener("pointermove", (event) => {
      if (event.pointerType === "touch") return;
      const place = this.at(event);
      this.box.classList.toggle("near-place", Boolean(place?.matches("a")));
      if (place) this.choose(place);
    });
    this.box.addEventListener("pointerleave", () => this.choose(null));
    this.box.addEventListener("focusin", (event) => {
      if (event.target.matches(":focus-visible")) this.choose(event.target.closest(".place"));
    });
    this.box.addEventListener("focusout", () => this.choose(null));
    this.box.addEventListener("click", (event) => {
      const place = event.detail && this.at(event); // none is pointed at by the Enter key
      if (place && place.matches("a") && !place.contains(event.target)) location.assign(place.getAttribute("href"));
    });
    this.box.addEventListener("keydown", (event) => this.key(event));
    addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.choose(null);
    });
  }

  key(event) {
    const place = this.stops.indexOf(document.activeElement);
    if (place < 0 || event.altKey || event.ctrlKey || event.metaKey) return;
    const next = event.key.length === 1 && event.key !== " " ? this.beginningWith(event.key, place) : this.after(event.key, place);
    if (next === undefined) return;
    event.preventDefault();
    this.makeOneStop(next);
    next.focus();
  }

  after(key, place) {
    const count = this.stops.length;
    const next = { Home: 0, End: count - 1 }[key] ?? (place + STEPS[key] + count) % count;
    return this.stops[next];
  }

  beginningWith(letter, place) {
    const after = [...this.stops.slice(place + 1), ...this.stops.slice(0, place + 1)];
    return after.find((stop) => folded(stop.words).startsWith(folded(letter)));
  }
}

// --- a slider over the days: it changes map, day and address in place, and plays

const DAY = 86_400_000;
const FRAMES = 400; // a whole play has about that many
const FRAME = 80; // milliseconds
const RESTS = 400; // milliseconds after which the table follows

class Days {
  constructor(place, form, map) {
    this.place = place;
    this.form = form;
    this.map = map;
    this.first = Date.parse(place.dataset.first) / DAY;
    this.last = Date.parse(place.dataset.today) / DAY;
    this.words = new Intl.DateTimeFormat(language, { dateStyle: "long", timeZone: "UTC" });
  }

  build() {
    this.button = element("button", "button", this.place.dataset.play);
    this.button.type = "button";
    this.slider = element("input", "");
    this.slider.type = "range";
    this.slider.ariaLabel = this.place.dataset.slider;
    this.output = element("output", "");
    this.stretch();
    this.slider.value = Date.parse(this.place.dataset.on) / DAY;
    this.say();
    this.place.append(this.button, this.slider, this.output);
    this.slider.addEventListener("input", () => this.move());
    this.slider.addEventListener("focus", () => this.load(), { once: true });
    this.button.addEventListener("click", () => (this.playing ? this.pause() : this.play()));
  }

  stretch() {
    this.slider.min = this.first;
    this.slider.max = this.last;
  }

  get day() {
    return Number(this.slider.value);
  }

  get iso() {
    return new Date(this.day * DAY).toISOString().slice(0, 10);
  }

  say() {
    const words = this.words.format(new Date(this.day * DAY));
    this.slider.ariaValueText = words;
    this.output.textContent = words;
  }

  // All that the map shows, day by day: for each country the days on which its value changes
  load() {
    this.loading ??= fetch(this.place.dataset.course)
      .then((answer) => (answer.ok ? answer.json() : null))
      .catch(() => null)
      .then((course) => this.take(course));
    return this.loading;
  }

  take(course) {
    this.course = course && Object.entries(course).filter(([code]) => this.map.byCode.has(code));
    if (!this.course?.length) return;
    const days = this.course.flatMap(([, stages]) => stages.map(([day]) => day)).filter((day) => day > -1e6 && day <= this.last);
    if (!days.length) return;
    const asked = this.day;
    const isToday = asked === this.last; // what is shown today is what the last change left
    const last = days.reduce((a, b) => Math.max(a, b));
    this.first = days.reduce((a, b) => Math.min(a, b), asked);
    this.last = isToday ? last : Math.max(last, asked);
    this.stretch();
    this.slider.value = asked;
  }

  async move() {
    this.say();
    this.rest();
    await this.load();
    this.show();
  }

  show() {
    if (!this.course) return;
    for (const [code, stages] of this.course) {
      const stage = stages.findLast(([day]) => day <= this.day);
      this.map.paint(code, stage ? stage[1] : "flat", stage ? stage[2] : this.map.absent);
    }
    this.map.say();
    const day = document.getElementById("map-day");
    day.textContent = this.output.textContent;
    day.dateTime = this.iso;
    this.form.elements.on.value = this.iso;
  }

  rest() {
    clearTimeout(this.resting);
    if (!this.playing) this.resting = setTimeout(() => this.settle(), RESTS);
  }

  // The table, the file and the address of the day at which the slider rests
  async settle() {
    await this.load();
    const query = new URLSearchParams(new FormData(this.form));
    query.set("on", this.iso);
    const address = `${this.form.getAttribute("action")}?${query}`;
    if (!this.course) return location.assign(address);
    const answer = await fetch(address).catch(() => null);
    if (!answer?.ok || this.iso !== query.get("on")) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    document.getElementById("all-values").replaceWith(page.getElementById("all-values"));
    history.replaceState(null, "", address);
  }

  async play() {
    this.playing = true;
    this.button.textContent = this.place.dataset.pause;
    await this.load();
    if (!this.playing) return;
    clearTimeout(this.ticking);
    if (!this.course) {
      this.playing = false;
      this.button.hidden = true;
      return;
    }
    if (this.day >= this.last) this.slider.value = this.first;
    const step = Math.max(Math.round((this.last - this.first) / FRAMES), 1);
    const tick = () => {
      if (!this.playing) return;
      this.slider.value = this.day + step;
      this.say();
      this.show();
      if (this.day >= this.last) this.pause();
      else this.ticking = setTimeout(tick, FRAME);
    };
    tick();
  }

  pause() {
    this.playing = false;
    clearTimeout(this.ticking);
    this.button.textContent = this.place.dataset.play;
    this.rest();
  }
}

const box = document.querySelector(".map-box");
const form = document.getElementById("map-form");
if (box) {
  const map = new WorldMap(box, document.getElementById("readout"));
  map.listen();
  const place = document.getElementById("day-slider");
  if (place) new Days(place, form, map).build();
}

// An address without an empty day is easier to share
form.addEventListener("submit", () => (form.elements.on.disabled = !form.elements.on.value));
addEventListener("pageshow", () => (form.elements.on.disabled = false));
