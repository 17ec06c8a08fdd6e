// The keyboard: `/` goes to the page's search, `g` and a letter to a page, `?` shows all of it. Not while somebody writes.

import { signal } from "@preact/signals";
import { PAGES } from "../pages.ts";
import { go } from "./route.ts";

export const isHelpShown = signal(false);

const JUMP_WITHIN_MS = 1500;

export function listenToKeys(): void {
  let jumpUntil = 0;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const { target } = event;
    const isWriting =
      target instanceof HTMLElement && (target.isContentEditable || /^(?:INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
    if (isWriting || document.querySelector("dialog[open]") !== null) return;
    const isJump = event.timeStamp < jumpUntil;
    jumpUntil = 0;
    if (isJump) {
      const page = PAGES.find(({ nav }) => nav?.jump === event.key);
      if (page === undefined) return;
      event.preventDefault();
      go(page.path);
    } else if (event.key === "g") jumpUntil = event.timeStamp + JUMP_WITHIN_MS;
    else if (event.key === "?") {
      event.preventDefault();
      isHelpShown.value = true;
    } else if (event.key === "/") {
      const search = document.querySelector<HTMLInputElement>("[data-search]");
      if (search === null) return;
      event.preventDefault();
      search.focus();
      search.select();
    }
  });
}
