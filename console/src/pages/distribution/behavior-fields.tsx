// One behavior in a form: which paths, which origin, who may ask how, what is part of the cache key, how long it is kept.

import type { ComponentChildren } from "preact";
import { Check, Field } from "../../parts/field.tsx";
import { Words } from "../../parts/words.tsx";
import { listed, type Behavior } from "./config.ts";
import type { FieldName } from "./field-errors.ts";

const METHODS: readonly (readonly [items: string, label: string])[] = [
  ["GET HEAD", "GET and HEAD"],
  ["GET HEAD OPTIONS", "GET, HEAD and OPTIONS"],
  ["GET HEAD OPTIONS PUT PATCH POST DELETE", "All: also POST, PUT, PATCH and DELETE"],
];

export function BehaviorFields({
  behavior,
  set,
  origins,
  groups,
  error,
  children,
}: {
  behavior: Behavior;
  set: (behavior: Behavior) => void;
  /** Ids of origins and origin groups. */
  origins: readonly string[];
  groups: readonly { readonly Id: string; readonly Name: string }[];
  error: (field: FieldName) => string | undefined;
  /** Buttons. */
  children?: ComponentChildren;
}) {
  const { PathPattern, TargetOriginId, ViewerProtocolPolicy, AllowedMethods, ForwardedValues, TrustedKeyGroups } =
    behavior;
  const forwarded = ForwardedValues ?? { QueryString: false, Cookies: { Forward: "none" } };
  const forward = (changes: Partial<typeof forwarded>): void =>
    set({ ...behavior, ForwardedValues: { ...forwarded, ...changes } });
  const methods = [...(AllowedMethods?.Items ?? ["GET", "HEAD"])];
  const known = METHODS.find(([items]) => sameWords(items.split(" "), methods))?.[0] ?? methods.join(" ");
  const ttl = (label: string, name: "MinTTL" | "DefaultTTL" | "MaxTTL", absent: number) => (
    <Field label={label} error={name === "MinTTL" ? error("ttl") : undefined}>
      <input
        type="number"
        required
        min={0}
        value={behavior[name] ?? absent}
        onInput={(event) => set({ ...behavior, [name]: event.currentTarget.valueAsNumber || 0 })}
      />
    </Field>
  );
  const signers = TrustedKeyGroups?.Items ?? [];
  return (
    <fieldset>
      <legend>{PathPattern === undefined ? "Default behavior: all other paths" : PathPattern || "Behavior"}</legend>
      <div class="columns">
        {PathPattern === undefined ? null : (
          <Field
            label="Path pattern"
            hint="* is any text, ? is any character; case counts"
            error={error("pathPattern")}
          >
            <input
              required
              class="mono"
              spellcheck={false}
              autocapitalize="none"
              value={PathPattern}
              onInput={(event) => set({ ...behavior, PathPattern: event.currentTarget.value })}
            />
          </Field>
        )}
        <Field label="Origin" error={error("target")}>
          <select
            value={TargetOriginId}
            onChange={(event) => set({ ...behavior, TargetOriginId: event.currentTarget.value })}
          >
            {[...new Set([...origins, TargetOriginId])].map((id) => (
              <option key={id} value={id}>
                {id}
              </option>
            ))}
          </select>
        </Field>
        <Field label="Viewers come over">
          <select
            value={ViewerProtocolPolicy}
            onChange={(event) => set({ ...behavior, ViewerProtocolPolicy: event.currentTarget.value })}
          >
            <option value="allow-all">HTTP and HTTPS</option>
            <option value="redirect-to-https">HTTPS; HTTP is redirected</option>
            <option value="https-only">HTTPS only</option>
          </select>
        </Field>
        <Field label="Methods">
          <select
            value={known}
            onChange={(event) =>
              set({
                ...behavior,
                AllowedMethods: {
                  ...listed(event.currentTarget.value.split(" ")),
                  CachedMethods: AllowedMethods?.CachedMethods ?? listed(["GET", "HEAD"]),
                },
              })
            }
          >
            {METHODS.map(([items, label]) => (
              <option key={items} value={items}>
                {label}
              </option>
            ))}
            {METHODS.some(([items]) => items === known) ? null : <option value={known}>{known}</option>}
          </select>
        </Field>
      </div>
      <div class="columns">
        {ttl("Kept at least, seconds", "MinTTL", 0)}
        {ttl("Kept if the origin says nothing", "DefaultTTL", 86_400)}
        {ttl("Kept at most", "MaxTTL", 31_536_000)}
      </div>
      <div class="columns">
        <Field
          label="Query strings"
          hint="Forwarded to the origin, and part of the cache key"
          error={error("queryKeys")}
        >
          <select
            value={queryKind(forwarded)}
            onChange={(event) =>
              forward(
                event.currentTarget.value === "none"
                  ? { QueryString: false, QueryStringCacheKeys: listed([]) }
                  : {
                      QueryString: true,
                      QueryStringCacheKeys: listed(event.currentTarget.value === "all" ? [] : ["id"]),
                    },
              )
            }
          >
            <option value="none">None</option>
            <option value="all">All</option>
            <option value="some">All forwarded; in the key only some</option>
          </select>
        </Field>
        {queryKind(forwarded) === "some" ? (
          <Field label="Parameters in the key">
            <Words
              words={forwarded.QueryStringCacheKeys?.Items ?? []}
              set={(words) => forward({ QueryStringCacheKeys: listed(words) })}
            />
          </Field>
        ) : null}
        <Field label="Cookies" error={error("cookies")}>
          <select
            value={forwarded.Cookies.Forward}
            onChange={(event) =>
              forward({
                Cookies:
                  event.currentTarget.value === "whitelist"
                    ? { Forward: "whitelist", WhitelistedNames: listed(["session"]) }
                    : { Forward: event.currentTarget.value },
              })
            }
          >
            <option value="none">None</option>
            <option value="whitelist">These</option>
            <option value="all">All</option>
          </select>
        </Field>
        {forwarded.Cookies.Forward === "whitelist" ? (
          <Field label="Names of cookies">
            <Words
              words={forwarded.Cookies.WhitelistedNames?.Items ?? []}
              set={(words) => forward({ Cookies: { Forward: "whitelist", WhitelistedNames: listed(words) } })}
            />
          </Field>
        ) : null}
        <Field label="Request headers in the key" hint="* alone: all, and nothing is kept" error={error("headers")}>
          <Words words={forwarded.Headers?.Items ?? []} set={(words) => forward({ Headers: listed(words) })} />
        </Field>
        {groups.length === 0 && signers.length === 0 ? null : (
          <Field label="Signed by key groups" hint="Without any: everybody may ask" error={error("signers")}>
            <select
              multiple
              size={Math.min(4, Math.max(2, groups.length))}
              onChange={(event) =>
                set({
                  ...behavior,
                  TrustedKeyGroups: {
                    Enabled: event.currentTarget.selectedOptions.length > 0,
                    ...listed([...event.currentTarget.selectedOptions].map(({ value }) => value)),
                  },
                })
              }
            >
              {groups.map(({ Id, Name }) => (
                <option key={Id} value={Id} selected={signers.includes(Id)}>
                  {Name}
                </option>
              ))}
            </select>
          </Field>
        )}
      </div>
      <Check
        label="Compress"
        hint="Texts, for viewers who take gzip or Brotli"
        checked={behavior.Compress === true}
        set={(Compress) => set({ ...behavior, Compress })}
      />
      {children === undefined ? null : <div class="actions">{children}</div>}
    </fieldset>
  );
}

function queryKind({
  QueryString,
  QueryStringCacheKeys,
}: NonNullable<Behavior["ForwardedValues"]>): "none" | "all" | "some" {
  if (!QueryString) return "none";
  return (QueryStringCacheKeys?.Items ?? []).length === 0 ? "all" : "some";
}

function sameWords(one: readonly string[], other: readonly string[]): boolean {
  return [...one].sort().join() === [...other].sort().join();
}
