// A fault of ours, or of the machine, as the operator's log has it.

import { isNoRoom } from "../vocabulary/no-room.ts";

/** With where in the program it was met. */
export function describeFault(fault: unknown): string {
  return fault instanceof Error ? (fault.stack ?? fault.message) : String(fault);
}

/** Of a write: a full disk is for whoever runs the server to mend; where in the program it was met is no help. */
export function describeWriteFault(fault: unknown): string {
  return isNoRoom(fault) && fault instanceof Error
    ? `was refused: ${fault.message}: free some on that disk, or delete objects`
    : `failed: ${describeFault(fault)}`;
}
