// The whole config as the API has it, to be read, copied and changed; what is saved is shown as lines first.

import { useState } from "preact/hooks";
import type { PageProps } from "../../page-props.ts";
import { formatJson } from "../../parts/diff.tsx";
import { Outdated, useDraft, useUnsaved } from "../../parts/draft.tsx";
import { Field } from "../../parts/field.tsx";
import { Notice } from "../../parts/notice.tsx";
import type { Config, Found } from "./config.ts";
import { ReviewDistribution } from "./review.tsx";
import { OfDistribution } from "./tabs.tsx";

export function Page({ params }: PageProps) {
  return (
    <OfDistribution id={params["id"] ?? ""}>
      {(found, { again }) => <JsonEditor current={found} again={again} />}
    </OfDistribution>
  );
}

function JsonEditor({ current: { ETag, Distribution }, again }: { current: Found; again: () => void }) {
  const drafting = useDraft({ ETag, config: formatJson(Distribution.DistributionConfig) });
  const { ground, draft: text, set: setText, isChanged, refusal, setRefusal } = drafting;
  const [reviewed, setReviewed] = useState<Config>();
  const fault = whyNotJson(text);
  const before = JSON.parse(ground.config) as Config;
  useUnsaved(isChanged);
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (fault !== undefined) return;
        setReviewed(JSON.parse(text) as Config);
        again();
      }}
    >
      <Outdated what="distribution" drafting={drafting} />
      {refusal === "" ? null : <Notice kind="error">{refusal}</Notice>}
      <Field label="DistributionConfig" error={fault} hint="All members, as the SDKs and the AWS CLI name them.">
        <textarea
          class="code"
          spellcheck={false}
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </Field>
      <div class="save-bar">
        <button type="button" disabled={!isChanged} onClick={drafting.begin}>
          Undo all
        </button>
        <button type="submit" class="primary" disabled={!isChanged || fault !== undefined}>
          Review and save …
        </button>
      </div>
      <ReviewDistribution
        id={Distribution.Id}
        revision={ground.ETag}
        before={before}
        draft={reviewed ?? before}
        isOpen={reviewed !== undefined}
        close={(said) => {
          setReviewed(undefined);
          setRefusal(said);
        }}
      />
    </form>
  );
}

function whyNotJson(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? undefined : "This has to be one JSON object.";
  } catch (error) {
    return `This is not JSON: ${error instanceof Error ? error.message : String(error)}`;
  }
}
