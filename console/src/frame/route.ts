// Where in the console one is: paths with history, so that every view has an address, and back and forward work.

import { signal } from "@preact/signals";

export interface Place {
  readonly path: string;
  readonly query: URLSearchParams;
}

const read = (): Place => ({ path: location.pathname, query: new URLSearchParams(location.search) });

export const place = signal<Place>(read());

/** How often somebody went somewhere else: whoever shows the new place puts the focus there. */
export const moves = signal(0);

/** What has been written and is not saved yet, as a question; "" for nothing. */
export const unsaved = signal("");

/** Asks, if anything would be lost. */
export function mayLeave(): boolean {
  return unsaved.value === "" || globalThis.confirm(unsaved.value);
}

export function go(to: string, how: "push" | "replace" = "push"): void {
  if (!mayLeave()) return;
  unsaved.value = "";
  if (how === "push") history.pushState(null, "", to);
  else history.replaceState(null, "", to);
  arrive();
}

/** The address follows what is shown (a filter, say), and nobody is moved anywhere. */
export function noteQuery(changes: Readonly<Record<string, string>>): void {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === "") query.delete(name);
    else query.set(name, value);
  }
  const text = query.toString();
  history.replaceState(null, "", `${location.pathname}${text === "" ? "" : `?${text}`}`);
}

function arrive(): void {
  place.value = read();
  moves.value += 1;
  scrollTo(0, 0);
}

/** Links within the console are followed without loading a page. */
export function followLinks(): void {
  addEventListener("popstate", arrive);
  addEventListener("beforeunload", (event) => {
    if (unsaved.value !== "") event.preventDefault();
  });
  document.addEventListener("click", (event) => {
    const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    if (link === null || !isPlain || event.defaultPrevented) return;
    if (link.origin !== location.origin || link.target !== "" || link.hasAttribute("download")) return;
    if (link.getAttribute("href")?.startsWith("#") === true) return;
    event.preventDefault();
    go(`${link.pathname}${link.search}`);
  });
}

/** Names in braces stand for one segment: `/distributions/{id}`. `undefined`: another path. */
export function matchPath(pattern: string, path: string): Readonly<Record<string, string>> | undefined {
  const wanted = pattern.split("/");
  const found = path.replace(/(.)\/$/, "$1").split("/");
  if (wanted.length !== found.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const held = found[index] ?? "";
    const name = /^\{(\w+)\}$/.exec(part)?.[1];
    if (name === undefined && part !== held) return undefined;
    if (name === undefined) continue;
    try {
      params[name] = decodeURIComponent(held);
    } catch {
      return undefined;
    }
  }
  return params;
}
