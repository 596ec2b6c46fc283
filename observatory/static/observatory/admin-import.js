// How far an import is, asked every second. Without script a link does.

const work = document.getElementById("progress");
const bar = document.getElementById("progress-bar");
const words = document.getElementById("progress-text");

async function look() {
  const response = await fetch(work.dataset.address, { headers: { accept: "application/json" } });
  if (!response.ok) throw new Error(response.statusText);
  const told = await response.json();
  if (told.page !== work.dataset.page) {
    location.reload();
    return;
  }
  words.textContent = told.text;
  if (told.total) {
    bar.max = told.total;
    bar.value = told.done;
  }
  setTimeout(lookAndGoOn, 1000);
}

// A server that does not answer for a moment is asked again
function lookAndGoOn() {
  look().catch(() => setTimeout(lookAndGoOn, 3000));
}

setTimeout(lookAndGoOn, 1000);
