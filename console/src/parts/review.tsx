// The last look before a change is saved: what is different, line by line. What the API refuses is told here and nothing is changed.

import { useEffect, useState } from "preact/hooks";
import { messageOf } from "../frame/ask.ts";
import { Diff } from "./diff.tsx";
import { Dialog } from "./dialog.tsx";
import { Notice } from "./notice.tsx";

export function Review({
  before,
  after,
  isOpen,
  save,
  close,
}: {
  before: string;
  after: string;
  isOpen: boolean;
  /** Rejects with what the API refused; else it leaves from here. */
  save: () => Promise<void>;
  /** With the API's words, if it refused. */
  close: (refusal: string) => void;
}) {
  const [refusal, setRefusal] = useState("");
  const [isAsking, setAsking] = useState(false);
  useEffect(() => {
    if (isOpen) setRefusal("");
  }, [isOpen]);

  async function attempt(): Promise<void> {
    setAsking(true);
    setRefusal("");
    try {
      await save();
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
        <button type="button" class="primary" disabled={isAsking || before === after} onClick={() => void attempt()}>
          Save
        </button>
      </div>
    </Dialog>
  );
}
