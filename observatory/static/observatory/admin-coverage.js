// Ranges in the coverage ledger: drag with the mouse, Shift and a click, or the arrows with Shift held.

const grid = document.querySelector("table.ledger tbody");
const boxes = grid ? [...grid.rows].map((row) => [...row.querySelectorAll("td input[name=cell]")]) : [];

const placeOf = (box) => {
  const row = boxes.findIndex((cells) => cells.includes(box));
  return row < 0 ? null : [row, boxes[row].indexOf(box)];
};

function tickRange([rowA, columnA], [rowB, columnB], isTicked) {
  for (let row = Math.min(rowA, rowB); row <= Math.max(rowA, rowB); row += 1) {
    for (let column = Math.min(columnA, columnB); column <= Math.max(columnA, columnB); column += 1) {
      if (boxes[row][column]) boxes[row][column].checked = isTicked;
    }
  }
}

let anchor = null; // where a range began: its place, and whether its cells are ticked
let before = null; // the ticks before the drag, so that a range can shrink again
let isDragged = false;

function boxAt(event) {
  return document.elementFromPoint(event.clientX, event.clientY)?.closest("td")?.querySelector("input[name=cell]");
}

function restore() {
  before.forEach((cells, row) => cells.forEach((isTicked, column) => (boxes[row][column].checked = isTicked)));
}

if (boxes.flat().length) {
  grid.addEventListener("pointerdown", (event) => {
    const box = event.target.closest("td")?.querySelector("input[name=cell]");
    if (!box || event.button !== 0 || event.pointerType === "touch" || event.shiftKey) return;
    anchor = { place: placeOf(box), isTicked: !box.checked };
    before = boxes.map((cells) => cells.map((cell) => cell.checked));
    isDragged = false;
  });
  document.addEventListener("pointermove", (event) => {
    if (!before || !(event.buttons & 1)) return;
    const box = boxAt(event);
    if (!box || (!isDragged && String(placeOf(box)) === String(anchor.place))) return;
    isDragged = true;
    event.preventDefault();
    restore();
    tickRange(anchor.place, placeOf(box), anchor.isTicked);
  });
  document.addEventListener("pointerup", () => {
    before = null;
  });
  // The click that ends a drag ticks nothing; one with Shift ticks all from the last one
  grid.addEventListener(
    "click",
    (event) => {
      const box = event.target.closest("td")?.querySelector("input[name=cell]");
      if (!box) return;
      if (isDragged) {
        event.preventDefault();
        isDragged = false;
      } else if (event.shiftKey && anchor) {
        event.preventDefault();
        const isTicked = anchor.isTicked;
        setTimeout(() => tickRange(anchor.place, placeOf(box), isTicked));
      }
    },
    true,
  );
  grid.addEventListener("dragstart", (event) => event.preventDefault());

  const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
  grid.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    const place = step && placeOf(event.target);
    if (!place) return;
    const next = boxes[place[0] + step[0]]?.[place[1] + step[1]];
    if (!next) return;
    event.preventDefault();
    if (event.shiftKey) {
      event.target.checked = true;
      next.checked = true;
      anchor = anchor ?? { place, isTicked: true };
      tickRange(anchor.place, placeOf(next), true);
    } else {
      anchor = { place: placeOf(next), isTicked: true };
    }
    next.focus();
  });
}
