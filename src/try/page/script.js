// Follows what happens: where the server tells of a change, the parts that have changed are replaced.
"use strict";

const shown = new Map();
let going = false;
let again = false;

/** Puts new content into a part, in which what was open stays open, and the focus where it was. */
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
  if (going) return;
  going = true;
  try {
    while (again) {
      again = false;
      const answer = await fetch(location.href, { cache: "no-store" });
      if (!answer.ok) break;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const part of document.querySelectorAll("[data-live]")) {
        replace(part, page.getElementById(part.id));
      }
    }
  } catch {
    // The connection of events tells of it.
  } finally {
    going = false;
  }
}

function follows(live) {
  document.getElementById("live").hidden = !live;
  document.getElementById("reload").hidden = live;
}

for (const part of document.querySelectorAll("[data-live]")) shown.set(part.id, part.innerHTML);

const events = new EventSource("/events");
events.addEventListener("change", refresh);
events.addEventListener("open", () => follows(true));
events.addEventListener("error", () => follows(false));

const form = document.getElementById("controls-form");
form.addEventListener("submit", async (event) => {
  // The page of one run leads to the newest, as it does without a script.
  if (location.pathname !== "/") return;
  event.preventDefault();
  const body = new URLSearchParams(new FormData(form));
  const action = event.submitter?.getAttribute("formaction") ?? form.getAttribute("action");
  try {
    await fetch(action, { method: "POST", body });
    await refresh();
  } catch {
    follows(false);
  }
});
