// The access key that works without any set-up, on a server that only its own machine can reach. Whether it works is
// never read from a store, so it cannot be left behind on a server that others reach.

import type { AccessKey } from "../store/store.ts";
import type { AccessKeyId, AccountId } from "../vocabulary/ids.ts";
import { epochMs } from "../vocabulary/time.ts";

export const DEFAULT_KEY: AccessKey = {
  accessKeyId: "test" as AccessKeyId,
  secret: "test",
  account: "000000000000" as AccountId,
  userName: "test",
  access: "full",
  createdAtMs: epochMs(0),
};
