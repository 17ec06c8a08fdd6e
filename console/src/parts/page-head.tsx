// A page's heading, the way back to where it hangs, and what can be done on it.

import type { ComponentChildren } from "preact";

export function PageHead({
  title,
  back,
  children,
}: {
  title: ComponentChildren;
  back?: { readonly path: string; readonly label: string };
  /** Buttons and links. */
  children?: ComponentChildren;
}) {
  return (
    <div class="page-head">
      {back === undefined ? null : (
        <a class="back" href={back.path}>
          <span aria-hidden="true">←</span> {back.label}
        </a>
      )}
      <div class="page-title">
        <h1 tabIndex={-1}>{title}</h1>
        <div class="actions">{children}</div>
      </div>
    </div>
  );
}
