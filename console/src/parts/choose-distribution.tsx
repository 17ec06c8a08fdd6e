// Which distribution: one of the account's, or all of them.

import { listAll } from "../frame/ask.ts";
import { Field } from "./field.tsx";
import { useAsked } from "./loading.tsx";

interface Named {
  readonly Id: string;
  readonly DomainName: string;
  readonly Comment: string;
  readonly Aliases: { readonly Items?: readonly string[] };
}

export function ChooseDistribution({ chosen, choose }: { chosen: string; choose: (id: string) => void }) {
  const { value = [], error } = useAsked(() => listAll<Named>("ListDistributions", "DistributionList"), []);
  const isListed = chosen === "" || value.some(({ Id }) => Id === chosen);
  return (
    <Field label="Distribution" error={error}>
      <select value={chosen} onChange={(event) => choose(event.currentTarget.value)}>
        <option value="">All of this account</option>
        {isListed ? null : <option value={chosen}>{chosen}</option>}
        {value.map(({ Id, DomainName, Comment, Aliases }) => (
          <option key={Id} value={Id}>
            {`${Comment || Aliases.Items?.[0] || DomainName} (${Id})`}
          </option>
        ))}
      </select>
    </Field>
  );
}
