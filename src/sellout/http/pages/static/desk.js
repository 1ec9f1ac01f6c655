// The desk, made live: what the server has rendered anew is put in place of what is shown.

import { announce, connect, on } from "./live.js";
import { refresh } from "./refresh.js";

/** Put an element in place of the one with the same id. */
function put(next) {
  const place = document.getElementById(next.id);
  if (!place) {
    if (document.querySelector("[data-list]")) refresh();
    return;
  }
  if (place.outerHTML === next.outerHTML) return;
  const { state } = next.dataset;
  const changed = state && state !== place.dataset.state;
  place.replaceWith(document.adoptNode(next));
  if (changed) tell(next, state);
}

/** Show what can be done in this state, and say that the state is another. */
function tell(place, state) {
  const item = place.closest("[data-item]");
  for (const one of item.querySelectorAll("[data-when]")) one.hidden = !one.dataset.when.split(" ").includes(state);
  announce(`${item.querySelector("h1, h2").textContent}: ${place.querySelector(".state").textContent.trim()}`);
}

/** A second press asks for nothing new. */
function submitOnce(event) {
  const form = event.target.closest("form[data-once]");
  if (!form) return;
  if (form.dataset.sending) {
    event.preventDefault();
    return;
  }
  form.dataset.sending = "yes";
  const button = event.submitter;
  if (!button?.dataset.busy) return;
  button.ariaBusy = "true";
  button.dataset.said = button.textContent;
  button.textContent = button.dataset.busy;
}

/** A page that a browser has kept is ready for another press. */
function ready() {
  for (const form of document.querySelectorAll("form[data-sending]")) delete form.dataset.sending;
  for (const button of document.querySelectorAll("button[data-said]")) {
    button.ariaBusy = null;
    button.textContent = button.dataset.said;
    delete button.dataset.said;
  }
}

/** Where the stream was refused because the session is over, the page leads to the sign-in page. */
async function lookWhetherSignedIn() {
  try {
    const answer = await fetch(location.href, { redirect: "manual", headers: { accept: "text/html" } });
    if (answer.type === "opaqueredirect") location.reload();
  } catch {
    // The server is away: the live connection says so, and tries again.
  }
}

/** What was just done is said once, and is no part of an address that is kept. */
function forgetResult() {
  const address = new URL(location.href);
  if (!address.searchParams.has("done")) return;
  address.searchParams.delete("done");
  history.replaceState(null, "", address);
}

on("figures", (html) => {
  for (const next of [...new DOMParser().parseFromString(html, "text/html").body.children]) put(next);
});
document.addEventListener("submit", submitOnce);
document.addEventListener("refused", lookWhetherSignedIn);
addEventListener("pageshow", (event) => { if (event.persisted) ready(); });
forgetResult();
if (!document.querySelector("[autofocus]")) document.querySelector("[data-alert]")?.focus();
if (document.body.dataset.stream) connect(document.body.dataset.stream);
