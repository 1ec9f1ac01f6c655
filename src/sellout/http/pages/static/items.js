// Items as they change: numbers, bars, and which of the states' words are shown.

import { announce, on } from "./live.js";
import { refresh } from "./refresh.js";

const number = (value) => value.toLocaleString("en");

/** Show `item` wherever the page has it. */
function show(item) {
  const places = document.querySelectorAll(`[data-item="${CSS.escape(item.id)}"]`);
  if (!places.length && document.querySelector("[data-list]")) refresh();
  for (const place of places) showIn(place, item);
}

function showIn(place, item) {
  for (const field of place.querySelectorAll("[data-field]")) field.textContent = number(item[field.dataset.field]);
  for (const note of place.querySelectorAll("[data-field-note]")) note.hidden = !item[note.dataset.fieldNote];
  showBar(place, item);
  const changed = place.dataset.state !== item.state;
  place.dataset.state = item.state;
  for (const one of place.querySelectorAll("[data-when]")) one.hidden = !one.dataset.when.split(" ").includes(item.state);
  for (const one of place.querySelectorAll("[data-enabled-when]")) {
    one.disabled = one.dataset.enabledWhen !== item.state || one.ariaBusy === "true";
  }
  const countdown = place.querySelector("[data-countdown]");
  if (countdown && item.opens_at) countdown.dataset.countdown = item.opens_at;
  if (changed && item.state === "not_open" && !countdown) refresh();
  if (changed) announce(`${place.querySelector("h1, h2").textContent}: ${place.querySelector(".state").innerText.trim()}`);
}

function showBar(place, item) {
  const share = (units) => (item.capacity ? (100 * units) / item.capacity : 0);
  const [left, held] = [place.querySelector('[data-bar="left"]'), place.querySelector('[data-bar="held"]')];
  if (!left) return;
  left.setAttribute("width", share(item.available));
  held.setAttribute("x", share(item.available));
  held.setAttribute("width", share(item.held));
}

export function start() {
  on("item", (data) => show(JSON.parse(data)));
}
