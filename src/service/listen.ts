// Listening at every address that a host setting stands for, or at none.

import { formatAuthority, isAddressMissing, listenHosts } from "./addresses.ts";
import type { PortSetting } from "./process-messages.ts";
import { flagOf } from "./settings.ts";

interface Listening {
  readonly address: { readonly host: string; readonly port: number };
  drain(seconds: number): Promise<void>;
}

export type ListenOutcome<Listener> =
  | { readonly kind: "listening"; readonly listeners: readonly Listener[] }
  | { readonly kind: "failure"; readonly message: string };

/** `setting` is the one that names the port, for the message that says what to do. */
export async function listenAtAll<Listener extends Listening>(
  hostSetting: string,
  portSetting: number,
  setting: PortSetting,
  open: (host: string, port: number) => Promise<Listener>,
): Promise<ListenOutcome<Listener>> {
  const listeners: Listener[] = [];
  let port = portSetting;
  for (const [index, host] of listenHosts(hostSetting).entries()) {
    try {
      const listener = await open(host, port);
      listeners.push(listener);
      port = listener.address.port; // a free port that was taken on the first address is wanted on the second too
    } catch (error) {
      if (index > 0 && isAddressMissing(error)) continue;
      await Promise.all(listeners.map((listener) => listener.drain(0)));
      return { kind: "failure", message: describeListenError(error, host, port, setting) };
    }
  }
  return { kind: "listening", listeners };
}

/** For the operator: what is wrong with the address, and what to do. */
export function describeListenError(error: unknown, host: string, port: number, setting: PortSetting): string {
  const where = `port ${port} on ${host}`;
  switch ((error as NodeJS.ErrnoException | undefined)?.code) {
    case "EADDRINUSE":
      return `${where} is in use by another program: stop it, or choose another port with ${flagOf(setting)}`;
    case "EACCES":
      return `${where} is not open to this user: choose a port above 1023 with ${flagOf(setting)}`;
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return `${host} is not an address of this machine: choose one that is`;
    default:
      return `cannot listen at ${formatAuthority(host, port)}: ${error instanceof Error ? error.message : String(error)}`;
  }
}
