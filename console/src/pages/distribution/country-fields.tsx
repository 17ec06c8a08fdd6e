// In which countries a distribution is served; the others are answered 403.

import { Field } from "../../parts/field.tsx";
import { Words } from "../../parts/words.tsx";
import { listed, type GeoRestriction } from "./config.ts";
import type { FieldName } from "./field-errors.ts";

const NAMES = new Intl.DisplayNames(["en"], { type: "region", fallback: "none" });

/** What the codes stand for, for whoever mistook one. */
function namesOf(codes: readonly string[]): string {
  const name = (code: string): string => (/^[A-Z]{2}$/.test(code) && NAMES.of(code)) || `${code}: no country known`;
  return codes.length === 0 ? "Codes of two letters, as DE or US" : codes.map(name).join(", ");
}

export function CountryFields({
  restriction,
  set,
  error,
}: {
  restriction: GeoRestriction;
  set: (restriction: GeoRestriction) => void;
  error: (field: FieldName) => string | undefined;
}) {
  const { RestrictionType, Items = [] } = restriction;
  return (
    <section class="card">
      <h2>Countries</h2>
      <div class="columns">
        <Field label="Served in">
          <select
            value={RestrictionType}
            onChange={({ currentTarget: { value } }) =>
              set({ RestrictionType: value, ...listed(value === "none" ? [] : Items) })
            }
          >
            <option value="none">All countries</option>
            <option value="whitelist">These countries only</option>
            <option value="blacklist">All countries but these</option>
          </select>
        </Field>
        {RestrictionType === "none" ? null : (
          <Field label="Countries" hint={namesOf(Items)} error={error("countries")}>
            <Words
              required
              rows={4}
              words={Items}
              write={(word) => word.toUpperCase()}
              set={(words) => set({ RestrictionType, ...listed(words) })}
            />
          </Field>
        )}
      </div>
    </section>
  );
}
