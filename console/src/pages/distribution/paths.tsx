// Which behavior a path would meet, and why the earlier ones did not take it: the edge's own code is asked, at every letter.

import { useState } from "preact/hooks";
import { question } from "../../frame/ask.ts";
import { noteQuery } from "../../frame/route.ts";
import type { PageProps } from "../../page-props.ts";
import { Badge } from "../../parts/badge.tsx";
import { Field } from "../../parts/field.tsx";
import { useAsked } from "../../parts/loading.tsx";
import { Notice } from "../../parts/notice.tsx";
import type { Config } from "./config.ts";
import { OfDistribution } from "./tabs.tsx";

interface Tested {
  /** After the default root object. */
  readonly path: string;
  readonly tried: readonly { readonly pattern: string; readonly matched: boolean; readonly why: string }[];
}

export function Page({ params, query }: PageProps) {
  return (
    <OfDistribution id={params["id"] ?? ""}>
      {({ Distribution: { DistributionConfig } }) => (
        <PathTester config={DistributionConfig} first={query.get("path") ?? "/"} />
      )}
    </OfDistribution>
  );
}

function PathTester({ config, first }: { config: Config; first: string }) {
  const [path, setPath] = useState(first);
  const patterns = (config.CacheBehaviors?.Items ?? []).map(({ PathPattern = "" }) => PathPattern);
  const text = patterns.join("\n");
  const { value: tested, error } = useAsked(
    () => question<Tested>("test-path", { path, patterns, defaultRootObject: config.DefaultRootObject ?? "" }),
    [path, text, config.DefaultRootObject],
  );
  const write = (value: string): void => {
    setPath(value);
    noteQuery({ path: value });
  };
  const last = tested?.tried.at(-1);
  const found =
    (config.CacheBehaviors?.Items ?? []).find(({ PathPattern }) => PathPattern === last?.pattern) ??
    config.DefaultCacheBehavior;
  return (
    <div class="stack">
      <section class="card">
        <Field label="Path" hint="As a viewer writes it. What follows a question mark does not count." error={error}>
          <input
            data-search
            class="mono"
            spellcheck={false}
            autocapitalize="none"
            value={path}
            onInput={(event) => write(event.currentTarget.value)}
          />
        </Field>
      </section>
      {tested === undefined || error !== undefined ? null : (
        <section aria-live="polite" class="stack">
          {tested.path === path.replace(/[?#].*$/s, "") ? null : (
            <Notice kind="info">
              The default root object stands in for it: <code>{tested.path}</code>
            </Notice>
          )}
          <ol class="tried">
            {tested.tried.map(({ pattern, matched, why }, index) => (
              <li key={index} class={matched ? "card won" : "card"}>
                <div class="actions">
                  <code>{index === patterns.length ? "Default (*)" : pattern}</code>
                  {matched ? <Badge kind="good">applies</Badge> : <Badge kind="off">does not match</Badge>}
                </div>
                <p>{why}</p>
                {matched ? (
                  <p class="hint">
                    Origin <span class="mono">{found.TargetOriginId}</span>, {found.ViewerProtocolPolicy}
                    {patterns.length === index ? "" : `; not tried: ${patterns.length - index} behind it`}
                  </p>
                ) : null}
              </li>
            ))}
          </ol>
        </section>
      )}
    </div>
  );
}
