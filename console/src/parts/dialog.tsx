// A dialog of the browser's own: it keeps the focus within, gives it back, and closes at Esc.

import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import { mayLeave } from "../frame/route.ts";

export function Dialog({
  title,
  isOpen,
  close,
  holdsDraft = false,
  children,
}: {
  title: string;
  isOpen: boolean;
  close: () => void;
  /** What is changed in it is lost when it closes: Esc and the cross ask before. */
  holdsDraft?: boolean;
  children: ComponentChildren;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useLayoutEffect(() => {
    if (isOpen) dialog.current?.showModal();
    else dialog.current?.close();
  }, [isOpen]);
  /** It is to stay, but closes all the same: a browser lets nobody hold it open against Esc again and again. */
  const isToStay = useRef(false);
  /** By Esc, or by us a moment ago; it may be open again by now. */
  const closed = (): void => {
    if (isOpen && isToStay.current) dialog.current?.showModal();
    else if (isOpen && dialog.current?.open !== true) close();
    isToStay.current = false;
  };
  const mayClose = (): boolean => !holdsDraft || mayLeave();
  return (
    <dialog
      ref={dialog}
      aria-labelledby={id}
      onCancel={(event) => {
        if (mayClose()) return;
        event.preventDefault();
        isToStay.current = !event.cancelable;
      }}
      onClose={() => closed()}
    >
      {isOpen ? (
        <>
          <header>
            <h2 id={id}>{title}</h2>
            <button type="button" class="quiet" onClick={() => mayClose() && close()}>
              <span aria-hidden="true">✕</span>
              <span class="hidden">Close</span>
            </button>
          </header>
          {children}
        </>
      ) : null}
    </dialog>
  );
}
