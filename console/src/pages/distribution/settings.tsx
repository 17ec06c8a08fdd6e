// Changing a distribution's settings by form. What was read first stays the ground: when somebody else has changed it
// meanwhile, saving is refused by the revision.

import { useState } from "preact/hooks";
import type { PageProps } from "../../page-props.ts";
import { Outdated, useDraft, useUnsaved } from "../../parts/draft.tsx";
import { Notice } from "../../parts/notice.tsx";
import type { Found } from "./config.ts";
import { DistributionForm } from "./form.tsx";
import { ReviewDistribution } from "./review.tsx";
import { OfDistribution } from "./tabs.tsx";

export function Page({ params }: PageProps) {
  return (
    <OfDistribution id={params["id"] ?? ""}>
      {(found, { again }) => <Settings current={found} again={again} />}
    </OfDistribution>
  );
}

function Settings({ current: { ETag, Distribution }, again }: { current: Found; again: () => void }) {
  const drafting = useDraft({ ETag, config: Distribution.DistributionConfig });
  const { ground, draft, isChanged, refusal, setRefusal } = drafting;
  const [isReviewing, setReviewing] = useState(false);
  useUnsaved(isChanged);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        setReviewing(true);
        again();
      }}
    >
      <Outdated what="distribution" drafting={drafting} />
      {refusal === "" ? null : <Notice kind="error">{refusal}</Notice>}
      <DistributionForm draft={draft} set={drafting.set} refusal={refusal} />
      <div class="save-bar">
        <button type="button" disabled={!isChanged} onClick={drafting.begin}>
          Undo all
        </button>
        <button type="submit" class="primary" disabled={!isChanged}>
          Review and save …
        </button>
      </div>
      <ReviewDistribution
        id={Distribution.Id}
        revision={ground.ETag}
        before={ground.config}
        draft={draft}
        isOpen={isReviewing}
        close={(said) => {
          setReviewing(false);
          setRefusal(said);
        }}
      />
    </form>
  );
}
