// Origin access controls as the edge knows them, kept up to date change by change. Looked up when an origin is asked, so that a
// change is in force at once, whichever of the two came first: the control or the distribution that names it.

import type { PublishedAccessControl } from "../../store/store.ts";
import type { AccountId, ResourceId } from "../../vocabulary/ids.ts";

export interface AccessControls {
  /** Another account's is as good as absent. */
  find(id: string, account: AccountId): PublishedAccessControl | undefined;
  apply(control: PublishedAccessControl): void;
  remove(id: ResourceId): void;
}

export function openAccessControls(): AccessControls {
  const controls = new Map<string, PublishedAccessControl>();
  return {
    find(id, account) {
      const found = controls.get(id);
      return found?.account === account ? found : undefined;
    },
    apply: (control) => void controls.set(control.id, control),
    remove: (id) => void controls.delete(id),
  };
}
