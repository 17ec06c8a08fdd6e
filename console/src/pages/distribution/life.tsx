// Turning a distribution on and off, and deleting it: what has to be so before it can be deleted is said, with the next step to it.

import { useState } from "preact/hooks";
import { announce } from "../../frame/announce.tsx";
import { call, messageOf } from "../../frame/ask.ts";
import { go } from "../../frame/route.ts";
import { Dialog } from "../../parts/dialog.tsx";
import { Notice } from "../../parts/notice.tsx";
import type { Found } from "./config.ts";

async function setEnabled({ ETag, Distribution: { Id, DistributionConfig } }: Found, enabled: boolean): Promise<void> {
  await call("UpdateDistribution", {
    Id,
    IfMatch: ETag,
    DistributionConfig: { ...DistributionConfig, Enabled: enabled },
  });
}

export function Enabling({ found, done }: { found: Found; done: () => void }) {
  const isEnabled = found.Distribution.DistributionConfig.Enabled;
  const [isAsking, setAsking] = useState(false);
  async function toggle(): Promise<void> {
    setAsking(true);
    try {
      await setEnabled(found, !isEnabled);
      announce(isEnabled ? "Disabled: viewers are refused as soon as all edges know." : "Enabled.");
      done();
    } catch (error) {
      announce(messageOf(error), "failed");
    }
    setAsking(false);
  }
  return (
    <button type="button" onClick={() => void toggle()} disabled={isAsking}>
      {isEnabled ? "Disable" : "Enable"}
    </button>
  );
}

export function Removing({ found, done }: { found: Found; done: () => void }) {
  const [isOpen, setOpen] = useState(false);
  const [error, setError] = useState("");
  const { Distribution, ETag } = found;
  const { Enabled } = Distribution.DistributionConfig;
  const isMoving = Distribution.Status === "InProgress";
  const close = (): void => {
    setOpen(false);
    setError("");
  };

  async function act(): Promise<void> {
    setError("");
    try {
      if (Enabled) {
        await setEnabled(found, false);
        done();
        return;
      }
      await call("DeleteDistribution", { Id: Distribution.Id, IfMatch: ETag });
      announce(`${Distribution.Id} is deleted.`);
      go("/distributions");
    } catch (fault) {
      setError(messageOf(fault));
      done();
    }
  }

  return (
    <>
      <button type="button" class="danger" onClick={() => setOpen(true)}>
        Delete …
      </button>
      <Dialog title={`Delete ${Distribution.Id}`} isOpen={isOpen} close={close}>
        <ol class="steps">
          <li>
            <strong>Disabled.</strong> {Enabled ? "It is enabled: viewers are still served." : "It is."}
          </li>
          <li>
            <strong>Known to every edge.</strong> {isMoving ? "The last change is still on its way …" : "It is."}
          </li>
          <li>
            <strong>Deleted</strong>, with its invalidations and tags. Its name is never given to another.
          </li>
        </ol>
        {error === "" ? null : <Notice kind="error">{error}</Notice>}
        <div class="actions">
          <button type="button" onClick={close}>
            Keep it
          </button>
          <button
            type="button"
            class={Enabled ? "primary" : "danger"}
            disabled={!Enabled && isMoving}
            onClick={() => void act()}
          >
            {Enabled ? "Disable it" : "Delete it for good"}
          </button>
        </div>
      </Dialog>
    </>
  );
}
