// Two origins under one name: the second is asked when the first one fails, or answers with one of the statuses that are ticked.

import { Field } from "../../parts/field.tsx";
import { Several } from "../../parts/several.tsx";
import { listed, type OriginGroup } from "./config.ts";

/** Those that may be ticked. [CFDG high_availability_origin_failover] */
const STATUSES = [400, 403, 404, 416, 500, 502, 503, 504].map(String);
const FAILURES = [500, 502, 503, 504];

export function OriginGroups({
  groups,
  origins,
  set,
  change,
  refusal,
}: {
  groups: readonly OriginGroup[];
  /** Ids. */
  origins: readonly string[];
  /** With one more, or one less. */
  set: (groups: readonly OriginGroup[]) => void;
  change: (index: number, group: OriginGroup) => void;
  /** It names the group; "" for none. */
  refusal: string;
}) {
  return (
    <section class="card">
      <h2>Origin groups</h2>
      <p class="hint">
        Two origins that behaviors name as one: the secondary is asked when the primary fails.
        {origins.length < 2 ? " Add a second origin first." : ""}
      </p>
      {groups.length === 0 ? null : (
        <div class="origin-list">
          {groups.map((group, index) => (
            <OneGroup
              key={index}
              group={group}
              origins={origins}
              set={(changed) => change(index, changed)}
              remove={() => set(groups.toSpliced(index, 1))}
              error={refusal.includes(JSON.stringify(group.Id)) ? refusal : undefined}
            />
          ))}
        </div>
      )}
      <div class="actions">
        <button
          type="button"
          disabled={origins.length < 2}
          onClick={() => set([...groups, newGroup(`group-${groups.length + 1}`, origins)])}
        >
          Add an origin group
        </button>
      </div>
    </section>
  );
}

function newGroup(Id: string, origins: readonly string[]): OriginGroup {
  return {
    Id,
    FailoverCriteria: { StatusCodes: listed(FAILURES) },
    Members: listed(origins.slice(0, 2).map((OriginId) => ({ OriginId }))),
  };
}

/** A member follows its origin to another id. */
export function renameMember(group: OriginGroup, former: string, id: string): OriginGroup {
  const members = group.Members.Items ?? [];
  return {
    ...group,
    Members: listed(members.map((member) => (member.OriginId === former ? { OriginId: id } : member))),
  };
}

const MEMBERS = ["Primary", "Secondary"] as const;

function OneGroup({
  group,
  origins,
  set,
  remove,
  error,
}: {
  group: OriginGroup;
  origins: readonly string[];
  set: (group: OriginGroup) => void;
  remove: () => void;
  error: string | undefined;
}) {
  const { Id, Members, FailoverCriteria } = group;
  const members = MEMBERS.map((_, index) => Members.Items?.[index]?.OriginId ?? "");
  const codes = (FailoverCriteria.StatusCodes.Items ?? []).map(String);
  return (
    <fieldset>
      <legend>{Id === "" ? "Origin group" : Id}</legend>
      <div class="columns">
        <Field label="Group id">
          <input required value={Id} onInput={(event) => set({ ...group, Id: event.currentTarget.value })} />
        </Field>
        {MEMBERS.map((label, index) => (
          <Field key={label} label={label}>
            <select
              required
              value={members[index]}
              onChange={({ currentTarget: { value } }) =>
                set({ ...group, Members: listed(members.with(index, value).map((OriginId) => ({ OriginId }))) })
              }
            >
              {[...new Set([...origins, members[index] ?? ""])].map((id) => (
                <option key={id} value={id}>
                  {id}
                </option>
              ))}
            </select>
          </Field>
        ))}
      </div>
      <Several
        label="Also when it answers"
        hint=""
        error={error}
        choices={STATUSES.map((code) => ({ value: code, label: code }))}
        chosen={codes}
        set={(chosen) =>
          set({
            ...group,
            FailoverCriteria: { StatusCodes: listed(chosen.map(Number).toSorted((one, other) => one - other)) },
          })
        }
      />
      <div class="actions">
        <button type="button" onClick={remove}>
          Remove<span class="hidden"> the group {Id}</span>
        </button>
      </div>
    </fieldset>
  );
}
