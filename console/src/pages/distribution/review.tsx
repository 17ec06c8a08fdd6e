// The last look before a distribution is saved; it is shown as it is then.

import { announce } from "../../frame/announce.tsx";
import { call } from "../../frame/ask.ts";
import { go, unsaved } from "../../frame/route.ts";
import { formatJson } from "../../parts/diff.tsx";
import { Review } from "../../parts/review.tsx";
import type { Config } from "./config.ts";

export function ReviewDistribution({
  id,
  revision,
  before,
  draft,
  isOpen,
  close,
}: {
  id: string;
  /** Of `before`. */
  revision: string;
  before: Config;
  draft: Config;
  isOpen: boolean;
  /** With the API's words, if it refused. */
  close: (refusal: string) => void;
}) {
  async function save(): Promise<void> {
    await call("UpdateDistribution", { Id: id, IfMatch: revision, DistributionConfig: draft });
    unsaved.value = "";
    announce("Saved. It is in force once all edges know.");
    go(`/distributions/${id}`);
  }
  return <Review before={formatJson(before)} after={formatJson(draft)} isOpen={isOpen} save={save} close={close} />;
}
