// Any number of a few things, to be ticked.

import { useId } from "preact/hooks";

export interface Choice {
  readonly value: string;
  readonly label: string;
}

export function Several({
  label,
  hint,
  error,
  choices,
  chosen,
  set,
}: {
  label: string;
  /** Shown where there is nothing to choose from. */
  hint: string;
  error: string | undefined;
  /** `undefined`: not known yet. */
  choices: readonly Choice[] | undefined;
  chosen: readonly string[];
  set: (chosen: readonly string[]) => void;
}) {
  const id = useId();
  return (
    <fieldset {...(error !== undefined && { "aria-describedby": id })}>
      <legend>{label}</legend>
      {choices?.length === 0 ? <p class="hint">{hint}</p> : null}
      <div class="choices">
        {choices?.map(({ value, label: name }) => (
          <label key={value} class="check">
            <input
              type="checkbox"
              checked={chosen.includes(value)}
              onChange={(event) =>
                set(event.currentTarget.checked ? [...chosen, value] : chosen.filter((each) => each !== value))
              }
            />
            {name}
          </label>
        ))}
      </div>
      {error === undefined ? null : (
        <p class="field-error" id={id} role="alert">
          {error}
        </p>
      )}
    </fieldset>
  );
}
