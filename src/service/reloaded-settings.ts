// What a reload takes over of settings that were read again: what edge workers alone stand on. The rest is what the control process
// and the listening sockets were opened with, and waits for a restart.

import { LIMITS, type LimitName, type Limits } from "../vocabulary/limits.ts";
import { flagOf, OWN_SETTINGS, type OwnSettingName, type Settings } from "./settings.ts";

const RELOADED: ReadonlySet<OwnSettingName> = new Set([
  "publicHttpsPort",
  "certificatesDir",
  "edgeLocation",
  "fidelity",
  "allowPrivateOrigins",
  "originNameServers",
  "countryDatabase",
  "localCountry",
  "originAuthorities",
  "bucketStores",
  "accessLog",
  "logDeliverySeconds",
  "drainSeconds",
] as const);
/** Limits are called by what they bound. Those of the model are the management API's. */
const RELOADED_LIMIT =
  /^(?:viewer|cache|peer|overload|accessLog|compression|provenSignature|refusedSignature|origin(?:Header|Connections|Body|Name))/;

export interface ReloadedSettings {
  readonly settings: Settings;
  /** Flags of what is different now and waits for a restart. */
  readonly waiting: readonly string[];
}

export function takeOver(running: Settings, read: Settings): ReloadedSettings {
  const waiting: string[] = [];
  const settings: Record<string, unknown> = { ...running };
  for (const name of Object.keys(OWN_SETTINGS) as OwnSettingName[]) {
    if (RELOADED.has(name)) settings[name] = read[name];
    else if (read[name] !== running[name]) waiting.push(flagOf(name));
  }
  const limits: Record<string, number> = { ...running.limits };
  for (const name of Object.keys(LIMITS) as LimitName[]) {
    if (RELOADED_LIMIT.test(name)) limits[name] = read.limits[name];
    else if (read.limits[name] !== running.limits[name]) waiting.push(flagOf(name));
  }
  return { settings: { ...(settings as unknown as Settings), limits: limits as Limits }, waiting };
}
