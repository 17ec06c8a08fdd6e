// The listening sockets of the edge workers, held by the supervisor: bound here, handed to each process of a slot, and listened
// at by that. So the queue of new connections outlives the process that accepts from it: a worker that is replaced, or dies,
// leaves it to its successor, and no connection that the kernel has taken is reset. [D-0026]

import { lookup } from "node:dns/promises";
import { BoundSocket, isIP } from "node:net";
import { isAddressMissing, listenHosts } from "./addresses.ts";
import type { SocketToHand } from "./child.ts";
import { describeListenError } from "./listen.ts";
import type { PortSetting } from "./process-messages.ts";
import type { Settings } from "./settings.ts";

/** HTTPS first: the other port's redirects lead there. */
const PORT_SETTINGS = ["edgeHttpsPort", "edgeHttpPort"] as const satisfies readonly PortSetting[];

/** Where every worker listens; ports are those that were found where any free one was asked for. */
export interface ViewerAddress {
  readonly setting: PortSetting;
  readonly host: string;
  readonly port: number;
}

export type ViewerAddresses =
  | { readonly kind: "found"; readonly addresses: readonly ViewerAddress[]; readonly first: SlotSockets }
  | { readonly kind: "failure"; readonly message: string };

/** The sockets of one slot. */
export interface SlotSockets {
  /** To hand to a process; bound anew when they were let go. Throws when an address cannot be had any more. */
  take(): readonly SocketToHand[];
  /** Nobody accepts from them for now: connections go to the other slots, or are refused. */
  letGo(): void;
}

/**
 * Finds the addresses and binds them for the first slot. What only another program listens at is found, also one that would share the
 * port: several of our workers may listen at one address, so the system would not tell by itself.
 */
export async function findViewerAddresses(
  settings: Pick<Settings, "edgeHost" | "edgeHttpPort" | "edgeHttpsPort">,
  isShared: boolean,
): Promise<ViewerAddresses> {
  const bound: { readonly address: ViewerAddress; readonly socket: BoundSocket }[] = [];
  for (const setting of PORT_SETTINGS) {
    let port = settings[setting];
    for (const [index, name] of listenHosts(settings.edgeHost).entries()) {
      try {
        const host = isIP(name) === 0 ? (await lookup(name)).address : name;
        if (isShared && port !== 0) new BoundSocket({ host, port }).close();
        const socket = new BoundSocket({ host, port, reusePort: isShared });
        port = socket.address().port; // a free port that was taken on the first address is wanted on the second too
        bound.push({ address: { setting, host, port }, socket });
      } catch (error) {
        if (index > 0 && isAddressMissing(error)) continue;
        for (const { socket } of bound) socket.close();
        return { kind: "failure", message: describeListenError(error, name, port, setting) };
      }
    }
  }
  const addresses = bound.map(({ address }) => address);
  const sockets = bound.map(({ socket }) => socket);
  return { kind: "found", addresses, first: slotSockets(addresses, isShared, sockets) };
}

/** The same addresses for one more slot. */
export function openSlotSockets(addresses: readonly ViewerAddress[]): SlotSockets {
  return slotSockets(addresses, true, undefined);
}

function slotSockets(
  addresses: readonly ViewerAddress[],
  isShared: boolean,
  first: readonly BoundSocket[] | undefined,
): SlotSockets {
  let held = first;
  return {
    take() {
      held ??= bindAll(addresses, isShared);
      return addresses.map((address, index) => {
        const descriptor = held?.[index]?.fd() ?? -1;
        return descriptor < 0 ? address : { ...address, descriptor };
      });
    },
    letGo() {
      for (const socket of held ?? []) socket.close();
      held = undefined;
    },
  };
}

function bindAll(addresses: readonly ViewerAddress[], reusePort: boolean): readonly BoundSocket[] {
  const sockets: BoundSocket[] = [];
  try {
    for (const { host, port } of addresses) sockets.push(new BoundSocket({ host, port, reusePort }));
    return sockets;
  } catch (error) {
    for (const socket of sockets) socket.close();
    throw error;
  }
}

/** Whether several processes may listen at one address and have connections shared out among them. */
export function canSharePorts(): boolean {
  try {
    new BoundSocket({ host: "127.0.0.1", port: 0, reusePort: true }).close();
    return true;
  } catch {
    return false; // macOS and Windows
  }
}
