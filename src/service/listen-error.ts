// Why a listener could not be opened, in a sentence that says what to do.

import { flagOf, type OwnSettingName } from "./settings.ts";

/** `setting` is the one that names the port. */
export function describeListenError(error: unknown, host: string, port: number, setting: OwnSettingName): string {
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
      return `cannot listen at ${where}: ${error instanceof Error ? error.message : String(error)}`;
  }
}
