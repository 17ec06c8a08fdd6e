// What of access logs does not get to its buckets, as the control process tells the supervisor when it changes, for `status` and `doctor`:
// they ask the supervisor alone, which answers also while the control process is being replaced.

import type { LogDeliveryState, RefusedLogs } from "./deliver-logs.ts";

export interface LogsWaiting {
  /** The first of them, by distribution. */
  readonly refused: readonly RefusedLogs[];
  /** How many there are in all. */
  readonly refusedCount: number;
  /** Given up since the control process began. */
  readonly lost: LogDeliveryState["lost"];
}

export interface LogsNews {
  readonly kind: "logs-waiting";
  readonly logs: LogsWaiting;
}

/** More are no help to a person. */
const TOLD_MAX = 20;

/** Tells when something has changed since the last time. */
export function openLogsNews(tell: (news: LogsNews) => void): (state: LogDeliveryState) => void {
  let told = "";
  return ({ refused, lost }) => {
    const inOrder = refused.toSorted((one, other) => (one.distribution < other.distribution ? -1 : 1));
    const logs: LogsWaiting = { refused: inOrder.slice(0, TOLD_MAX), refusedCount: refused.length, lost };
    const text = JSON.stringify(logs);
    if (text === told) return;
    told = text;
    tell({ kind: "logs-waiting", logs });
  };
}
