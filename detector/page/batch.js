// Sorts and filters the table of a batch in the browser alone. Runs once for each table, as `js_on_load` of gr.HTML:
// `element` is its root, `watch` tells of new rows, `trigger` tells the server.
const order = { key: null, descending: false };
const TEXTS = { name: (row) => row.dataset.name };
const NUMBERS = { answer: (row) => row.dataset.rank };
const number = (row, key) => {
  const value = (NUMBERS[key] ?? ((one) => one.dataset[key]))(row);
  return value === undefined ? null : Number(value);
};
const rows = () => [...element.querySelectorAll("tbody tr")];

function compare(one, other) {
  const back = order.descending ? -1 : 1;
  if (order.key in TEXTS) return back * TEXTS[order.key](one).localeCompare(TEXTS[order.key](other));
  const [a, b] = [number(one, order.key), number(other, order.key)];
  if (a === null || b === null) return (a === null) - (b === null);  // what has no value comes last, both ways
  return back * (a - b);
}

function sort() {
  if (order.key === null) return;
  const body = element.querySelector("tbody");
  const byIndex = (one, other) => one.dataset.index - other.dataset.index;
  body.append(...rows().sort((one, other) => compare(one, other) || byIndex(one, other)));
  for (const head of element.querySelectorAll("thead th")) {
    const direction = order.descending ? "descending" : "ascending";
    head.setAttribute("aria-sort", head.dataset.key === order.key ? direction : "none");
  }
}

function filter() {
  const chosen = (name) => element.querySelector(`[data-filter=${name}]`).value;
  const [answer, artifact, least] = ["answer", "artifact", "least"].map(chosen);
  const found = Number(element.querySelector(".dd-batch").dataset.found);
  let shown = 0;
  for (const row of rows()) {
    const fits =
      (!answer || row.dataset.answer === answer) &&
      (!artifact || number(row, artifact) >= found) &&
      (!(Number(least) > 0) || number(row, "p") >= Number(least) / 100);
    row.hidden = !fits;
    shown += fits;
  }
  const status = element.querySelector(".dd-batch-shown");
  const said = status.dataset.shown.replace("{shown}", shown).replace("{total}", rows().length);
  if (status.textContent !== said) status.textContent = said;
}

function refresh() {
  if (!element.querySelector(".dd-batch")) return;
  sort();
  filter();
}

element.addEventListener("click", (event) => {
  const head = event.target.closest("[data-sort]");
  if (head) {
    const again = order.key === head.dataset.sort;
    order.descending = again ? !order.descending : head.closest("th").dataset.first === "descending";
    order.key = head.dataset.sort;
    refresh();
    return;
  }
  const row = event.target.closest("tbody tr");
  if (row?.querySelector("[data-open]")) trigger("select", { index: Number(row.dataset.index) });
});
element.addEventListener("input", (event) => {
  if (event.target.closest("[data-filter]")) filter();
});
watch("value", refresh);
refresh();
