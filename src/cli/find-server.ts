// Where the running server's management port is: where flags say, else where the server on the data directory says, else where
// the settings do. So a server on ports of its own is found by those who work in its folder, and one elsewhere by its address.

import { formatAuthority, listenHosts, reachable } from "../service/addresses.ts";
import { askStatus } from "../service/service-status.ts";
import type { Settings } from "../service/settings.ts";
import type { Arguments } from "./arguments.ts";

/** Host and port, as in a URL. */
export async function findServer(given: Pick<Arguments, "settingFlags">, settings: Settings): Promise<string> {
  const { settingFlags } = given;
  if (!settingFlags.has("--api-port") && !settingFlags.has("--api-host")) {
    const outcome = await askStatus(settings.dataDir);
    const listens =
      outcome.kind === "running" ? outcome.status.addresses.find(({ setting }) => setting === "apiPort") : undefined;
    if (listens !== undefined) {
      const { host, port } = reachable(listens);
      return formatAuthority(host, port);
    }
  }
  const [host = "127.0.0.1"] = listenHosts(settings.apiHost);
  const at = reachable({ host, port: settings.apiPort });
  return formatAuthority(at.host, at.port);
}
