// What a listener holds of each viewer's connection, whichever protocol is spoken on it.

import type { EpochMs } from "../../vocabulary/time.ts";

export interface ViewerPeer {
  /** Ends the connection now if it is idle, else after the answers in work. */
  drain(): void;
  /** Cuts the connection off. */
  destroy(): void;
  /** Enforces the time-outs and rates; to be called about once a second. */
  sweep(now: EpochMs): void;
}
