// A control with its label, a hint and what is wrong with it, tied together for a screen reader.

import { cloneElement, type ComponentChildren, type VNode } from "preact";
import { useId } from "preact/hooks";

export function Field({
  label,
  hint,
  error,
  children,
}: {
  label: string;
  hint?: ComponentChildren;
  /** Shown in red, and read out. */
  error?: string | undefined;
  /** One control: an input, a select, a textarea. */
  children: VNode;
}) {
  const id = useId();
  const told = [hint !== undefined && `${id}-hint`, error !== undefined && `${id}-error`].filter(Boolean).join(" ");
  const control = cloneElement(children as VNode<Record<string, unknown>>, {
    id,
    ...(told !== "" && { "aria-describedby": told }),
    ...(error !== undefined && { "aria-invalid": "true" }),
  });
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {control}
      {hint === undefined ? null : (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {error === undefined ? null : (
        <p class="field-error" id={`${id}-error`} role="alert">
          {error}
        </p>
      )}
    </div>
  );
}

/** A yes or no. */
export function Check({
  label,
  hint,
  checked,
  set,
}: {
  label: string;
  hint?: string;
  checked: boolean;
  set: (checked: boolean) => void;
}) {
  const id = useId();
  return (
    <div class="check">
      <input
        id={id}
        type="checkbox"
        checked={checked}
        onChange={(event) => set(event.currentTarget.checked)}
        {...(hint !== undefined && { "aria-describedby": `${id}-hint` })}
      />
      <div>
        <label for={id}>{label}</label>
        {hint === undefined ? null : (
          <p class="hint" id={`${id}-hint`}>
            {hint}
          </p>
        )}
      </div>
    </div>
  );
}
