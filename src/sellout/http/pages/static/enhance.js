// Small things that a page can do without, and is better with: local times, printing, steppers' buttons.

function enhance() {
  for (const time of document.querySelectorAll("time[data-local]")) {
    const moment = new Date(time.dateTime);
    time.textContent = moment.toLocaleString("en-GB", { dateStyle: "long", timeStyle: "short" });
    time.title = moment.toISOString();
  }
  for (const button of document.querySelectorAll("[data-step], [data-print]")) button.hidden = false;
}

export function start() {
  enhance();
  document.addEventListener("shown", enhance);
  document.addEventListener("click", (event) => { if (event.target.closest("[data-print]")) window.print(); });
}
