// Forms that survive what a rush does to connections: the same form, with the same key, is sent until there is an answer.

import { passed } from "./challenge.js";
import { show } from "./refresh.js";

const TRIES_MAX = 30;
const WAIT_MS = [500, 8000]; // before the second try, and at most

const pause = (ms) => new Promise((done) => { setTimeout(done, ms); });

async function send(form, button) {
  const status = document.querySelector("[data-form-status]");
  const body = new URLSearchParams(new FormData(form));
  const address = button?.hasAttribute("formaction") ? button.formAction : form.action;
  for (let tried = 0; tried < TRIES_MAX; tried += 1) {
    let wait = Math.min(WAIT_MS[1], WAIT_MS[0] * 2 ** tried) * (0.5 + Math.random());
    try {
      const headers = { accept: "text/html", "idempotency-key": body.get("key") ?? form.action, ...(await passed(form, status)) };
      const answer = await fetch(address, { method: "POST", body, headers });
      if (![429, 503].includes(answer.status)) return await lead(answer, address);
      wait = Math.max(wait, 1000 * Number(answer.headers.get("retry-after") ?? 1));
      status.textContent = "Many are here at this moment. You are still in it: trying again…";
    } catch {
      status.textContent = "Connection lost. Trying again: you cannot buy twice by this…";
    }
    await pause(wait);
  }
  status.textContent = "The server does not answer. Reload this page: it will show what you have got.";
}

/** To where an answer leads, or to what it shows: a form that was only sent round ends at its own address. */
async function lead(answer, address) {
  const end = new URL(answer.url).pathname;
  if (answer.redirected && end !== location.pathname && end !== new URL(address).pathname) {
    location.assign(answer.url);
    return await new Promise(() => {}); // nothing more is to be pressed on this page
  }
  show(await answer.text());
  document.querySelector("[data-alert]")?.focus();
}

function busy(form, button, isBusy) {
  for (const one of form.querySelectorAll("button:not([type=button])")) {
    one.ariaBusy = isBusy ? "true" : null;
  }
  if (!button?.dataset.busy) return;
  if (isBusy) {
    button.dataset.said = button.innerHTML;
    button.textContent = button.dataset.busy;
  } else if (button.dataset.said) {
    button.innerHTML = button.dataset.said;
  }
}

async function submit(event) {
  const form = event.target.closest("form[data-form]");
  if (!form) return;
  event.preventDefault();
  if (form.dataset.sending) return; // a second press asks for nothing new
  form.dataset.sending = "yes";
  busy(form, event.submitter, true);
  try {
    await send(form, event.submitter);
  } finally {
    delete form.dataset.sending;
    busy(form, event.submitter, false);
  }
}

function step(event) {
  const by = Number(event.target.closest("[data-step]")?.dataset.step);
  if (!by) return;
  const input = event.target.closest("[data-stepper]").querySelector("input");
  input.value = Math.min(Number(input.max), Math.max(Number(input.min), (Number(input.value) || 0) + by));
}

export function start() {
  document.addEventListener("submit", submit);
  document.addEventListener("click", step);
}
