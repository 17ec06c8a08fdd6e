// The settings of a distribution, for one that is made and for one that is changed. What stands here is the whole config with
// some members shown; all others stay as they are.

import { call, listAll } from "../../frame/ask.ts";
import { Check, Field } from "../../parts/field.tsx";
import { useAsked } from "../../parts/loading.tsx";
import { Words } from "../../parts/words.tsx";
import { BehaviorFields } from "./behavior-fields.tsx";
import {
  ALL_COUNTRIES,
  listed,
  newBehavior,
  newOrigin,
  NO_LOGGING,
  type Behavior,
  type Config,
  type Origin,
  type OriginGroup,
} from "./config.ts";
import { ConnectionFields } from "./connection-fields.tsx";
import { CountryFields } from "./country-fields.tsx";
import { ErrorResponses } from "./error-responses.tsx";
import { fieldOf, type FieldName } from "./field-errors.ts";
import { LoggingFields } from "./logging-fields.tsx";
import { OriginFields, type Identities } from "./origin-fields.tsx";
import { OriginGroups, renameMember } from "./origin-groups.tsx";

interface Choices extends Identities {
  readonly groups: readonly { readonly Id: string; readonly Name: string }[];
}

const NO_CHOICES: Choices = { identities: [], controls: [], groups: [] };

async function findChoices(): Promise<Choices> {
  const [identities, controls, groups] = await Promise.all([
    listAll<Identities["identities"][number]>(
      "ListCloudFrontOriginAccessIdentities",
      "CloudFrontOriginAccessIdentityList",
    ),
    listAll<Identities["controls"][number]>("ListOriginAccessControls", "OriginAccessControlList"),
    call<{ KeyGroupList: { Items?: readonly { KeyGroup: { Id: string; KeyGroupConfig: { Name: string } } }[] } }>(
      "ListKeyGroups",
    ),
  ]);
  const named = (groups.KeyGroupList.Items ?? []).map(({ KeyGroup }) => ({
    Id: KeyGroup.Id,
    Name: KeyGroup.KeyGroupConfig.Name,
  }));
  return { identities, controls, groups: named };
}

export function DistributionForm({
  draft,
  set,
  refusal,
}: {
  draft: Config;
  set: (draft: Config) => void;
  refusal: string;
}) {
  const choices = useAsked(findChoices, []).value ?? NO_CHOICES;
  const wrong = fieldOf(refusal);
  const error = (field: FieldName): string | undefined => (field === wrong ? refusal : undefined);
  const origins = draft.Origins.Items ?? [];
  const behaviors = draft.CacheBehaviors?.Items ?? [];
  const groups = draft.OriginGroups?.Items ?? [];
  const targets = [...origins, ...groups].map(({ Id }) => Id);

  /** What names an origin or a group follows it to another id. */
  function renamed(former: string, id: string): Partial<Config> {
    const follow = <Each extends Behavior>(behavior: Each): Each =>
      behavior.TargetOriginId === former ? { ...behavior, TargetOriginId: id } : behavior;
    return {
      DefaultCacheBehavior: follow(draft.DefaultCacheBehavior),
      CacheBehaviors: listed(behaviors.map(follow)),
      OriginGroups: listed(groups.map((group) => renameMember(group, former, id))),
    };
  }
  const setOrigin = (index: number, origin: Origin): void =>
    set({
      ...draft,
      ...renamed(origins[index]?.Id ?? "", origin.Id),
      Origins: listed(origins.with(index, origin)),
    });
  const setGroup = (index: number, group: OriginGroup): void =>
    set({
      ...draft,
      ...renamed(groups[index]?.Id ?? "", group.Id),
      OriginGroups: listed(groups.with(index, group)),
    });
  const setBehaviors = (next: readonly Behavior[]): void => set({ ...draft, CacheBehaviors: listed(next) });
  const move = (from: number, to: number): void => {
    const moved = behaviors[from];
    if (moved !== undefined) setBehaviors(behaviors.toSpliced(from, 1).toSpliced(to, 0, moved));
  };
  const shared = { origins: targets, groups: choices.groups, error };

  return (
    <div class="stack">
      <section class="card">
        <h2>General</h2>
        <div class="columns">
          <Field label="Comment" hint="What you know it by" error={error("comment")}>
            <input value={draft.Comment} onInput={(event) => set({ ...draft, Comment: event.currentTarget.value })} />
          </Field>
          <Field label="Default root object" hint="Served at /, as index.html" error={error("rootObject")}>
            <input
              spellcheck={false}
              value={draft.DefaultRootObject ?? ""}
              onInput={(event) => set({ ...draft, DefaultRootObject: event.currentTarget.value })}
            />
          </Field>
          <Field label="Aliases" hint="Host names of your own, one in each line" error={error("aliases")}>
            <Words words={draft.Aliases?.Items ?? []} set={(words) => set({ ...draft, Aliases: listed(words) })} />
          </Field>
        </div>
        <Check
          label="Enabled"
          hint="Viewers are served"
          checked={draft.Enabled}
          set={(Enabled) => set({ ...draft, Enabled })}
        />
      </section>
      <section class="card">
        <h2>Origins</h2>
        <div class="origin-list">
          {origins.map((origin, index) => (
            <OriginFields
              key={index}
              origin={origin}
              set={(next) => setOrigin(index, next)}
              remove={
                origins.length > 1 ? () => set({ ...draft, Origins: listed(origins.toSpliced(index, 1)) }) : undefined
              }
              known={choices}
              error={error}
            />
          ))}
        </div>
        <div class="actions">
          <button
            type="button"
            onClick={() => set({ ...draft, Origins: listed([...origins, newOrigin(`origin-${origins.length + 1}`)]) })}
          >
            Add an origin
          </button>
        </div>
      </section>
      <OriginGroups
        groups={groups}
        origins={origins.map(({ Id }) => Id)}
        set={(next) => set({ ...draft, OriginGroups: listed(next) })}
        change={setGroup}
        refusal={wrong === "originGroup" ? refusal : ""}
      />
      <section class="card">
        <h2>Behaviors</h2>
        <p class="hint">The first one whose pattern matches a path applies; the default one takes what is left.</p>
        <div class="behavior-list">
          {behaviors.map((behavior, index) => (
            <BehaviorFields
              key={index}
              {...shared}
              behavior={behavior}
              set={(next) => setBehaviors(behaviors.with(index, next))}
            >
              <button type="button" disabled={index === 0} onClick={() => move(index, index - 1)}>
                <span aria-hidden="true">↑</span> Earlier<span class="hidden">: {behavior.PathPattern}</span>
              </button>
              <button type="button" disabled={index === behaviors.length - 1} onClick={() => move(index, index + 1)}>
                <span aria-hidden="true">↓</span> Later<span class="hidden">: {behavior.PathPattern}</span>
              </button>
              <button type="button" onClick={() => setBehaviors(behaviors.toSpliced(index, 1))}>
                Remove<span class="hidden"> the behavior {behavior.PathPattern}</span>
              </button>
            </BehaviorFields>
          ))}
          <div class="actions">
            <button type="button" onClick={() => setBehaviors([...behaviors, newBehavior(targets[0] ?? "", "")])}>
              Add a behavior
            </button>
          </div>
          <BehaviorFields
            {...shared}
            behavior={draft.DefaultCacheBehavior}
            set={(next) => set({ ...draft, DefaultCacheBehavior: next })}
          />
        </div>
      </section>
      <ErrorResponses
        responses={draft.CustomErrorResponses?.Items ?? []}
        set={(responses) => set({ ...draft, CustomErrorResponses: listed(responses) })}
        refusal={wrong === "errorPage" ? refusal : ""}
      />
      <ConnectionFields draft={draft} set={set} error={error} />
      <CountryFields
        restriction={draft.Restrictions?.GeoRestriction ?? ALL_COUNTRIES}
        set={(GeoRestriction) => set({ ...draft, Restrictions: { GeoRestriction } })}
        error={error}
      />
      <LoggingFields
        logging={draft.Logging ?? NO_LOGGING}
        set={(Logging) => set({ ...draft, Logging })}
        error={error}
      />
    </div>
  );
}
