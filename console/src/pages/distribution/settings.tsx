// Changing a distribution's common settings by form. What was read first stays the ground: when somebody else has changed it
// meanwhile, saving is refused by the revision.

import { useEffect, useState } from "preact/hooks";
import { unsaved } from "../../frame/route.ts";
import type { PageProps } from "../../pages.ts";
import { formatJson } from "../../parts/diff.tsx";
import { Notice } from "../../parts/notice.tsx";
import type { Config, Found } from "./config.ts";
import { DistributionForm } from "./form.tsx";
import { Review } from "./review.tsx";
import { OfDistribution } from "./tabs.tsx";

export function Page({ params }: PageProps) {
  return (
    <OfDistribution id={params["id"] ?? ""}>
      {(found, { again }) => <Settings current={found} again={again} />}
    </OfDistribution>
  );
}

function Settings({ current, again }: { current: Found; again: () => void }) {
  const [found, setFound] = useState(current);
  const [draft, setDraft] = useState<Config>(current.Distribution.DistributionConfig);
  const [isReviewing, setReviewing] = useState(false);
  const [refusal, setRefusal] = useState("");
  const isChanged = formatJson(draft) !== formatJson(found.Distribution.DistributionConfig);
  const isOutdated = current.ETag !== found.ETag;
  const begin = (): void => {
    setFound(current);
    setDraft(current.Distribution.DistributionConfig);
    setRefusal("");
  };
  useEffect(() => {
    unsaved.value = isChanged ? "Leave without saving what you have changed?" : "";
    return () => {
      unsaved.value = "";
    };
  }, [isChanged]);
  useEffect(() => {
    if (isOutdated && !isChanged) begin();
  }, [isOutdated]);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        setReviewing(true);
        again();
      }}
    >
      {isOutdated && isChanged ? (
        <Notice kind="warning">
          Somebody has changed this distribution since you began. Saving will be refused: undo, and begin again with
          what is there now.
        </Notice>
      ) : null}
      {refusal === "" ? null : <Notice kind="error">{refusal}</Notice>}
      <DistributionForm draft={draft} set={setDraft} refusal={refusal} />
      <div class="save-bar">
        <button type="button" disabled={!isChanged} onClick={begin}>
          Undo all
        </button>
        <button type="submit" class="primary" disabled={!isChanged}>
          Review and save …
        </button>
      </div>
      <Review
        found={found}
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
