// The page as the server would show it now, in place of what it shows.

let running = false;

/** Show the page anew, without losing the place of whoever reads it. */
export async function refresh() {
  if (running) return;
  running = true;
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    if (answer.ok) show(await answer.text());
  } catch {
    // The server is away: the live connection says so, and the next refresh shows what is true then.
  } finally {
    running = false;
  }
}

/** Show a whole page's content. */
export function show(html) {
  const main = document.querySelector("main");
  const next = new DOMParser().parseFromString(html, "text/html").querySelector("main");
  if (!next || next.outerHTML === main.dataset.shown) return;
  const focused = document.activeElement?.id;
  next.dataset.shown = next.outerHTML;
  main.replaceWith(next);
  if (focused) document.getElementById(focused)?.focus();
  document.dispatchEvent(new CustomEvent("shown"));
}

/** Refresh now and then where the page asks for it. */
export function start() {
  const seconds = () => Number(document.querySelector("main").dataset.refreshSeconds);
  const wait = () => setTimeout(async () => {
    if (seconds() && !document.hidden) await refresh();
    wait();
  }, 1000 * ((seconds() || 5) + Math.random()));
  wait();
}
