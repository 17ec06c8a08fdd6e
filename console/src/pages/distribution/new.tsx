// Making a distribution: an origin's domain name is all that it needs.

import { useState } from "preact/hooks";
import { announce } from "../../frame/announce.tsx";
import { call, messageOf } from "../../frame/ask.ts";
import { go, unsaved } from "../../frame/route.ts";
import { useUnsaved } from "../../parts/draft.tsx";
import { Notice } from "../../parts/notice.tsx";
import { newReference } from "../../parts/new-reference.ts";
import { PageHead } from "../../parts/page-head.tsx";
import { newConfig, type Config, type Found } from "./config.ts";
import { DistributionForm } from "./form.tsx";

export function Page() {
  // A repeat of the same is answered with what was made, so a second click makes nothing twice.
  const [draft, setDraft] = useState<Config>(() => newConfig(`console-${newReference()}`));
  const [isChanged, setChanged] = useState(false);
  const [refusal, setRefusal] = useState("");
  const [isAsking, setAsking] = useState(false);
  useUnsaved(isChanged, "Leave without making this distribution?");

  async function create(event: Event): Promise<void> {
    event.preventDefault();
    setAsking(true);
    setRefusal("");
    try {
      const { Distribution } = await call<Found>("CreateDistribution", { DistributionConfig: draft });
      unsaved.value = "";
      announce(`${Distribution.Id} is made.`);
      go(`/distributions/${Distribution.Id}`, "replace");
    } catch (error) {
      setRefusal(messageOf(error));
      setAsking(false);
      scrollTo(0, 0);
    }
  }

  return (
    <form onSubmit={(event) => void create(event)}>
      <PageHead title="New distribution" back={{ path: "/distributions", label: "Distributions" }} />
      {refusal === "" ? null : <Notice kind="error">{refusal}</Notice>}
      <DistributionForm
        draft={draft}
        set={(next) => {
          setDraft(next);
          setChanged(true);
        }}
        refusal={refusal}
      />
      <div class="save-bar">
        <a class="button" href="/distributions">
          Cancel
        </a>
        <button type="submit" class="primary" disabled={isAsking}>
          Create
        </button>
      </div>
    </form>
  );
}
