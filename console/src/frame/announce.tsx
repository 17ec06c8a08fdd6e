// What happened, said once: shown for a while at the edge of the page, and read out by a screen reader.

import { signal } from "@preact/signals";

interface Said {
  readonly id: number;
  readonly text: string;
  readonly kind: "done" | "failed";
}

const SHOWN_MS = 6000;
const said = signal<readonly Said[]>([]);
let last = 0;

export function announce(text: string, kind: Said["kind"] = "done"): void {
  const id = ++last;
  said.value = [...said.value.slice(-2), { id, text, kind }];
  setTimeout(() => {
    said.value = said.value.filter((each) => each.id !== id);
  }, SHOWN_MS);
}

export function Announcements() {
  return (
    <div class="announcements" role="status" aria-live="polite">
      {said.value.map(({ id, text, kind }) => (
        <p key={id} class={`announcement ${kind}`}>
          {text}
        </p>
      ))}
    </div>
  );
}
