// The keys of session tickets, the same in all workers: a viewer comes back to any of them, and takes its session up. Derived from
// a secret that lives in the memory of this service only, anew for each period, so that a key is not good for ever [D-0008].

import { hkdfSync } from "node:crypto";
import type { TicketKeys } from "../edge/transport/tls/tls-acceptor.ts";
import type { Clock } from "../vocabulary/time.ts";

const TICKET_KEY_BYTES = 48;
/** A ticket of an older key costs a whole handshake, nothing more. */
const PERIOD_MS = 43_200_000;

/** `secret` in hexadecimal. */
export function deriveTicketKeys(secret: string, clock: Clock): TicketKeys {
  const base = Buffer.from(secret, "hex");
  let derived: { readonly period: number; readonly keys: Buffer } | undefined;
  return {
    current() {
      const period = Math.floor(clock.now() / PERIOD_MS);
      if (derived?.period !== period) {
        const keys = hkdfSync("sha256", base, "", `session tickets ${period}`, TICKET_KEY_BYTES);
        derived = { period, keys: Buffer.from(keys) };
      }
      return derived.keys;
    },
  };
}
