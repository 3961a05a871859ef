// Replaces the parts of the page that have changed, and sends forms without leaving the page.
"use strict";

const shown = new Map();
let loading = false;
let again = false;

async function load(address) {
  const response = await fetch(address, { cache: "no-store" });
  if (!response.ok) return null;
  return new DOMParser().parseFromString(await response.text(), "text/html");
}

/** Replaces the content of a part, and keeps open what is open and the focus where it is. */
function replace(part, fresh) {
  if (!fresh || shown.get(part.id) === fresh.innerHTML) return;
  shown.set(part.id, fresh.innerHTML);
  const open = new Map();
  const run = (holder) => holder.querySelector("[data-run]")?.dataset.run;
  if (run(part) === run(fresh)) {
    for (const one of part.querySelectorAll("details[id]")) open.set(one.id, one.open);
  }
  const focused = part.contains(document.activeElement) ? document.activeElement : null;
  const place = focused && (focused.id ? `#${CSS.escape(focused.id)}`
    : focused.matches("summary") && focused.parentElement.id
      ? `#${CSS.escape(focused.parentElement.id)} > summary`
      : focused.matches("a[href]") ? `a[href="${CSS.escape(focused.getAttribute("href"))}"]` : null);
  part.replaceChildren(...document.importNode(fresh, true).childNodes);
  for (const one of part.querySelectorAll("details[id]")) {
    if (open.has(one.id)) one.open = open.get(one.id);
  }
  if (place) part.querySelector(place)?.focus({ preventScroll: true });
}

async function refresh() {
  again = true;
  if (loading) return;
  loading = true;
  try {
    while (again) {
      again = false;
      const page = await load(location.href);
      if (!page) break;
      for (const part of document.querySelectorAll("[data-live]")) {
        replace(part, page.getElementById(part.id));
      }
    }
  } catch {
    // The connection of events reports the failure.
  } finally {
    loading = false;
  }
}

function follows(live) {
  document.getElementById("live").hidden = !live;
  document.getElementById("reload").hidden = live;
}

for (const part of document.querySelectorAll("[data-live]")) shown.set(part.id, part.innerHTML);

let events = null;

/** Only a visible page holds a connection: browsers allow six to a server. The first event refreshes. */
function listen() {
  if (document.hidden) {
    events?.close();
    events = null;
  } else if (!events) {
    events = new EventSource("/events");
    events.addEventListener("change", refresh);
    events.addEventListener("open", () => follows(true));
    events.addEventListener("error", () => follows(false));
  }
}

document.addEventListener("visibilitychange", listen);
listen();

// A confirmation page opens as a dialog.
const dialog = document.createElement("dialog");
dialog.setAttribute("aria-labelledby", "confirm-title");
document.body.append(dialog);

document.addEventListener("click", async (event) => {
  const link = event.target.closest("a");
  if (link?.matches("[data-cancel]") && dialog.open) {
    event.preventDefault();
    dialog.close();
  }
  if (!link?.matches("[data-confirm]") || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const page = await load(link.href).catch(() => null);
  const form = page?.getElementById("confirm");
  if (!form) return location.assign(link.href);
  dialog.replaceChildren(document.importNode(form, true));
  dialog.showModal();
});

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("[data-follow]")) return;
  event.preventDefault();
  dialog.close();
  const action = event.submitter?.getAttribute("formaction") ?? form.getAttribute("action");
  try {
    await fetch(action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    await refresh();
  } catch {
    follows(false);
  }
});
