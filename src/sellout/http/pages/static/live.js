// The live connection: the server's events, its clock, and what is shown while it is away.

const SHOWN_AFTER_MS = 700; // a connection that is back at once was not away
const SILENT_MS_MAX = 40_000; // the server says something every 15 seconds
const RETRY_MS = [2000, 5000];

const shown = document.querySelector("[data-connection]");
const announcer = document.querySelector("[data-announcer]");
const listeners = new Map();

let ahead = Date.parse(document.body.dataset.now ?? new Date().toISOString()) - performance.now();

/** The server's time in milliseconds since 1970: the client's own clock may be wrong, and plays no part. */
export const now = () => ahead + performance.now();

/** Call `heard` with the data of each event of this name. */
export function on(name, heard) {
  listeners.set(name, [...(listeners.get(name) ?? []), heard]);
}

/** Say something to those who do not look at the page. */
export function announce(text) {
  if (announcer.textContent !== text) announcer.textContent = text;
}

/** Listen to the page's stream for as long as the page is open. */
export function connect(address) {
  let source, silence, hiding;

  const away = () => {
    hiding ??= setTimeout(() => { shown.textContent = "Connection lost. Reconnecting…"; }, SHOWN_AFTER_MS);
  };
  const back = () => {
    clearTimeout(hiding);
    hiding = undefined;
    if (shown.textContent) announce("Connected again.");
    shown.textContent = "";
  };
  const hear = () => {
    clearTimeout(silence);
    silence = setTimeout(() => { away(); again(); }, SILENT_MS_MAX);
  };
  const again = () => {
    source.close();
    clearTimeout(silence);
    setTimeout(open, RETRY_MS[0] + Math.random() * (RETRY_MS[1] - RETRY_MS[0]));
  };

  function open() {
    source = new EventSource(address);
    source.onopen = () => { back(); hear(); };
    source.onerror = () => {
      away();
      if (source.readyState !== EventSource.CLOSED) return; // the browser tries again by itself, but not after a refusal
      document.dispatchEvent(new CustomEvent("refused"));
      again();
    };
    source.addEventListener("clock", (event) => {
      hear();
      ahead = Date.parse(JSON.parse(event.data).now) - performance.now();
    });
    for (const [name, heard] of listeners) {
      source.addEventListener(name, (event) => {
        hear();
        for (const one of heard) one(event.data);
      });
    }
  }

  open();
  addEventListener("pagehide", () => source.close());
  addEventListener("pageshow", (event) => { if (event.persisted) open(); });
}
