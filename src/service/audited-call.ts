// A call at one of the server's own paths that the audit log has: who asks is looked up, whoever may only read changes nothing, and a fault
// of ours is reported and answered as one. What the call does is its own.

import type { Caller } from "../callers/caller.ts";
import type { ApiRequest, ApiResponse } from "../callers/message.ts";
import { auditedCall, type CallNotes } from "../control/audit.ts";
import type { Control } from "../control/context.ts";
import type { IdentifyCaller } from "./identify-caller.ts";
import { json, refuseCaller } from "./own-json.ts";

export interface OwnCall {
  /** As the audit log calls it, behind `warmfront:`. */
  readonly operation: string;
  readonly resource: string;
  /** Who may only read may do it. */
  readonly isRead: boolean;
  /** Or why nobody may, whoever asks. */
  readonly act: ((caller: Caller) => Promise<ApiResponse>) | Refused;
}

interface Refused {
  readonly code: string;
  readonly message: string;
}

const MAY_ONLY_READ: Refused = { code: "AccessDenied", message: "this access key may only read" };

/** Never throws. */
export async function answerAudited(
  { operation, resource, isRead, act }: OwnCall,
  request: ApiRequest,
  control: Control,
  identify: IdentifyCaller,
): Promise<ApiResponse> {
  const notes: CallNotes = { resource, operation: `warmfront:${operation}` };
  const answer = async (): Promise<ApiResponse> => {
    const identified = await identify(request);
    if (identified.kind === "failure") {
      notes.code = identified.code;
      return refuseCaller(identified);
    }
    const { caller, isByConsole } = identified;
    notes.caller = caller;
    if (isByConsole) notes.isByConsole = true;
    const isOpen = typeof act === "function";
    if (isOpen && (isRead || caller.access === "full")) return act(caller);
    const { code, message } = isOpen ? MAY_ONLY_READ : act;
    notes.code = code;
    return json(403, { error: message, code });
  };
  const response = await answer().catch((fault: unknown) => {
    control.reportFault(fault, operation);
    return json(500, { error: "the server failed; its log says why" });
  });
  control.audit?.(auditedCall(request, notes, response.status));
  return response;
}
