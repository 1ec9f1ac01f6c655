// Countdowns by the server's clock: shown every second, spoken only at milestones.

import { announce, now } from "./live.js";
import { refresh } from "./refresh.js";

const MILESTONES_SECONDS = [3600, 600, 300, 60, 10];
const SOON_SECONDS = 60;

const two = (value) => String(value).padStart(2, "0");

/** `2 d 03:04:05`, `03:04:05`, `04:05`. */
export function inWords(seconds) {
  const [days, hours, minutes] = [Math.floor(seconds / 86400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60];
  const clock = `${two(minutes)}:${two(seconds % 60)}`;
  if (days) return `${days} d ${two(hours)}:${clock}`;
  return hours ? `${two(hours)}:${clock}` : clock;
}

function spoken(seconds) {
  const [size, noun] = seconds >= 3600 ? [3600, "hour"] : seconds >= 60 ? [60, "minute"] : [1, "second"];
  const count = seconds / size;
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function tick(element) {
  const seconds = Math.max(0, Math.ceil((Date.parse(element.dataset.countdown) - now()) / 1000));
  const text = seconds || !element.closest("[data-item]") ? inWords(seconds) : "Opening…";
  if (element.textContent === text) return;
  element.textContent = text;
  const box = element.closest(".countdown");
  box.classList.toggle("soon", seconds <= SOON_SECONDS);
  if (MILESTONES_SECONDS.includes(seconds)) announce(`${box.querySelector(".label").textContent}: ${spoken(seconds)}`);
  if (seconds === 0 && element.closest("[data-refresh-when-due]")) setTimeout(refresh, 300 + 700 * Math.random());
}

export function start() {
  const all = () => { for (const element of document.querySelectorAll("[data-countdown]")) tick(element); };
  setInterval(all, 200);
  all();
}
