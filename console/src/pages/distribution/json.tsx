// The whole config as the API has it, to be read, copied and changed; what is saved is shown as lines first.

import { useEffect, useState } from "preact/hooks";
import { unsaved } from "../../frame/route.ts";
import type { PageProps } from "../../pages.ts";
import { formatJson } from "../../parts/diff.tsx";
import { Field } from "../../parts/field.tsx";
import { Notice } from "../../parts/notice.tsx";
import type { Config, Found } from "./config.ts";
import { Review } from "./review.tsx";
import { OfDistribution } from "./tabs.tsx";

export function Page({ params }: PageProps) {
  return <OfDistribution id={params["id"] ?? ""}>{(found) => <JsonEditor current={found} />}</OfDistribution>;
}

function JsonEditor({ current }: { current: Found }) {
  // What was read first stays the ground: who has changed it meanwhile is not overwritten, the revision sees to that.
  const [found] = useState(current);
  const first = formatJson(found.Distribution.DistributionConfig);
  const [text, setText] = useState(first);
  const [reviewed, setReviewed] = useState<Config>();
  const [refusal, setRefusal] = useState("");
  const fault = whyNotJson(text);
  const isChanged = text !== first;
  useEffect(() => {
    unsaved.value = isChanged ? "Leave without saving what you have changed?" : "";
    return () => {
      unsaved.value = "";
    };
  }, [isChanged]);
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (fault === undefined) setReviewed(JSON.parse(text) as Config);
      }}
    >
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
        <button type="button" disabled={!isChanged} onClick={() => setText(first)}>
          Undo all
        </button>
        <button type="submit" class="primary" disabled={!isChanged || fault !== undefined}>
          Review and save …
        </button>
      </div>
      <Review
        found={found}
        draft={reviewed ?? found.Distribution.DistributionConfig}
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
