// The last look before a change is saved: what is different, line by line. What the API refuses is told here and nothing is changed.

import { useEffect, useState } from "preact/hooks";
import { announce } from "../../frame/announce.tsx";
import { call, messageOf } from "../../frame/ask.ts";
import { go, unsaved } from "../../frame/route.ts";
import { Diff, formatJson } from "../../parts/diff.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { Notice } from "../../parts/notice.tsx";
import type { Config, Found } from "./config.ts";

export function Review({
  found,
  draft,
  isOpen,
  close,
}: {
  found: Found;
  draft: Config;
  isOpen: boolean;
  /** With the API's words, if it refused. */
  close: (refusal: string) => void;
}) {
  const [refusal, setRefusal] = useState("");
  const [isAsking, setAsking] = useState(false);
  const before = formatJson(found.Distribution.DistributionConfig);
  const after = formatJson(draft);
  useEffect(() => {
    if (isOpen) setRefusal("");
  }, [isOpen]);

  async function save(): Promise<void> {
    setAsking(true);
    try {
      await call("UpdateDistribution", { Id: found.Distribution.Id, IfMatch: found.ETag, DistributionConfig: draft });
      unsaved.value = "";
      announce("Saved. It is in force once all edges know.");
      go(`/distributions/${found.Distribution.Id}`);
    } catch (error) {
      setRefusal(messageOf(error));
    }
    setAsking(false);
  }

  return (
    <Dialog title="Save these changes?" isOpen={isOpen} close={() => close(refusal)}>
      {refusal === "" ? null : <Notice kind="error">{refusal}</Notice>}
      <Diff before={before} after={after} />
      <div class="actions">
        <button type="button" onClick={() => close(refusal)}>
          Go on editing
        </button>
        <button type="button" class="primary" disabled={isAsking || before === after} onClick={() => void save()}>
          Save
        </button>
      </div>
    </Dialog>
  );
}
