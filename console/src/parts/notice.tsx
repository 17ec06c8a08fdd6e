// Something that one has to know, in a box of its own. Errors are read out at once.

import type { ComponentChildren } from "preact";

export function Notice({ kind, children }: { kind: "info" | "error" | "warning"; children: ComponentChildren }) {
  return (
    <div class={`notice ${kind}`} role={kind === "error" ? "alert" : "status"}>
      {children}
    </div>
  );
}
