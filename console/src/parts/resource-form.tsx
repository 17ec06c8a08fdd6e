// The fields of a resource in a dialog, for one that is made and for one that is changed. What the API refuses stands at its field, or above
// all of them where it is about none.

import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Document } from "../frame/ask.ts";
import { Field } from "./field.tsx";
import { useAsked } from "./loading.tsx";
import { Notice } from "./notice.tsx";
import type { ResourceField } from "./resource-kind.ts";
import { Several } from "./several.tsx";

export function ResourceForm({
  fields,
  draft,
  set,
  refusal,
  isMade,
  submit,
  children,
}: {
  fields: readonly ResourceField[];
  draft: Document;
  set: (draft: Document) => void;
  refusal: string;
  /** What is fixed by then is shown only. */
  isMade: boolean;
  submit: () => void;
  /** Buttons. */
  children: ComponentChildren;
}) {
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    form.current?.querySelector<HTMLElement>(":is(input, textarea, select):not([readonly])")?.focus();
  }, []);
  const wrong = fields.find(({ refused }) => refusal !== "" && refused.test(refusal));
  return (
    <form
      ref={form}
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      {refusal === "" || wrong !== undefined ? null : <Notice kind="error">{refusal}</Notice>}
      {fields.map((field) => (
        <OneField
          key={field.member}
          field={field}
          isFixed={isMade && field.isFixed === true}
          value={draft[field.member]}
          set={(value) => set({ ...draft, [field.member]: value })}
          error={field === wrong ? refusal : undefined}
        />
      ))}
      <div class="actions">{children}</div>
    </form>
  );
}

interface FieldProps {
  readonly field: ResourceField;
  readonly isFixed: boolean;
  readonly value: unknown;
  readonly set: (value: unknown) => void;
  readonly error: string | undefined;
}

function OneField({ field, isFixed, value, set, error }: FieldProps) {
  const { label, kind, isOptional = false } = field;
  const asked = useAsked(field.choices ?? (async () => []), [field]);
  const hint = isFixed ? "It stays as it was made." : field.hint;
  const given = { required: !isOptional, readOnly: isFixed, value: typeof value === "string" ? value : "" };
  switch (kind) {
    case "text":
      return (
        <Field label={label} hint={hint} error={error}>
          <input {...given} onInput={(event) => set(event.currentTarget.value)} />
        </Field>
      );
    case "lines":
      return (
        <Field label={label} hint={hint} error={error}>
          <textarea
            {...given}
            class="mono"
            rows={8}
            spellcheck={false}
            onInput={(event) => set(event.currentTarget.value)}
          />
        </Field>
      );
    case "one":
      return (
        <Field label={label} hint={hint} error={error ?? asked.error}>
          <select onChange={(event) => set(event.currentTarget.value)}>
            {(asked.value ?? []).map((choice) => (
              <option key={choice.value} value={choice.value} selected={choice.value === value}>
                {choice.label}
              </option>
            ))}
          </select>
        </Field>
      );
    case "several":
      return (
        <Several
          label={label}
          hint={hint ?? "There are none to choose from."}
          error={error ?? asked.error}
          choices={asked.value}
          chosen={Array.isArray(value) ? (value as readonly string[]) : []}
          set={set}
        />
      );
  }
}
