// Where the running server's management port is: where flags say, else where the server on the data directory says, else where
// the settings do, unless a data directory was named. So a server on ports of its own is found by those who work in its folder, and one elsewhere by its address.

import { formatAuthority, listenHosts, reachable } from "../service/addresses.ts";
import { askStatus } from "../service/service-status.ts";
import type { Settings } from "../service/settings.ts";
import type { Arguments } from "./arguments.ts";

export type FoundServer =
  /** Host and port, as in a URL. */
  | { readonly kind: "found"; readonly authority: string }
  /** A data directory was named, and no server runs there: another one is not asked in its place. */
  | { readonly kind: "failure"; readonly message: string };

export async function findServer(given: Pick<Arguments, "settingFlags">, settings: Settings): Promise<FoundServer> {
  const { settingFlags } = given;
  if (!settingFlags.has("--api-port") && !settingFlags.has("--api-host")) {
    const outcome = await askStatus(settings.dataDir);
    const listens =
      outcome.kind === "running" ? outcome.status.addresses.find(({ setting }) => setting === "apiPort") : undefined;
    if (listens !== undefined) {
      const { host, port } = reachable(listens);
      return { kind: "found", authority: formatAuthority(host, port) };
    }
    if (outcome.kind === "failure" && settingFlags.has("--data-dir")) {
      return { kind: "failure", message: `${outcome.message}, or where its API is with --api-port` };
    }
  }
  const [host = "127.0.0.1"] = listenHosts(settings.apiHost);
  const at = reachable({ host, port: settings.apiPort });
  return { kind: "found", authority: formatAuthority(at.host, at.port) };
}
