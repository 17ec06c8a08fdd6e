// `POST /_warmfront/traffic`: live figures of one distribution, or of all of the caller's, as a stream of JSON lines: the last minutes at once, then a step
// each second with the sum of the last minute beside it, and what is asked for and missed most since the reader is there (edge/watch/tops.ts).

import type { ApiRequest, ApiResponse } from "../callers/message.ts";
import type { Control } from "../control/context.ts";
import type { TailAsk } from "../edge/watch/open-watch.ts";
import type { AccountId, ResourceId } from "../vocabulary/ids.ts";
import { parseResourceId } from "../vocabulary/ids.ts";
import { LIVE_FIELDS, type LiveOutput, type LiveResponse } from "./live-response.ts";
import { HISTORY_SECONDS, type LiveTraffic, type TrafficStep } from "./live-traffic.ts";
import { json, readJsonObject, refuseUnknown } from "./own-json.ts";
import type { Tails } from "./tails.ts";
import { openTopLists, type TopLists } from "./top-lists.ts";

/** A line of the stream, beside `{"edges":…}` and `{"gone":…}` of a tail's. */
export type TrafficPiece =
  /** Seconds without anything are left out. */
  | { readonly history: { readonly from: number; readonly to: number; readonly steps: readonly TrafficStep[] } }
  | { readonly step: TrafficStep; readonly minute: TrafficStep }
  | { readonly tops: TopLists };

export interface TrafficAnswers {
  readonly traffic: LiveTraffic;
  readonly tails: Pick<Tails, "open" | "hasRoom">;
}

const TICK_MS = 1000;
const MINUTE = 60;

/** For a caller who was identified; `guard` ends the output when that is over. */
export async function answerTraffic(
  { body }: ApiRequest,
  account: AccountId,
  control: Control,
  { traffic, tails }: TrafficAnswers,
  guard: (output: LiveOutput) => void,
): Promise<ApiResponse | LiveResponse> {
  const sent = body.length === 0 ? {} : readJsonObject(body);
  const unknown = refuseUnknown(sent, ["distribution"]);
  if (unknown !== undefined) return unknown;
  const distribution = sent?.["distribution"];
  if (sent === undefined || (distribution !== undefined && typeof distribution !== "string")) {
    return json(400, { error: 'the body must be JSON like {"distribution":"E…"}; without one it is of all of yours' });
  }
  const owners = openOwners(account, control);
  if (distribution !== undefined && !(await owners.isOwn(distribution))) {
    return json(404, { error: `there is no distribution ${distribution.slice(0, 100)} of yours` });
  }
  if (!tails.hasRoom()) return json(503, { error: "as many watch already as may: the limit is tailsMax" });
  const ids = async (): Promise<readonly string[]> =>
    distribution === undefined ? owners.ownOf(traffic.ids()) : [distribution];
  const ask: TailAsk = {
    account,
    where: "",
    hasTraces: false,
    tops: true,
    ...(distribution !== undefined && { distribution }),
  };
  const live = (output: LiveOutput): void => {
    guard(output);
    stream(output, ask, { traffic, tails }, ids, control);
  };
  return { status: 200, fields: LIVE_FIELDS, live };
}

function stream(
  output: LiveOutput,
  ask: TailAsk,
  { traffic, tails }: TrafficAnswers,
  ids: () => Promise<readonly string[]>,
  control: Control,
): void {
  const write = (piece: TrafficPiece): boolean => output.write(`${JSON.stringify(piece)}\n`);
  let through: number | undefined;
  let isTelling = false;

  async function tell(): Promise<void> {
    const own = await ids();
    const last = traffic.lastKnown();
    if (through === undefined) {
      const from = last - HISTORY_SECONDS + 1;
      const steps = Array.from({ length: HISTORY_SECONDS }, (_, index) => traffic.step(from + index, own));
      const busy = steps.filter(({ requests, origin }) => requests > 0 || origin.requests > 0);
      write({ history: { from, to: last, steps: busy } });
      through = last;
    }
    // A reader who was slow gets what it has missed.
    for (through = Math.max(through, last - HISTORY_SECONDS); through < last && !output.isFull();) {
      through++;
      write({ step: traffic.step(through, own), minute: traffic.sum(through, MINUTE, own) });
    }
  }

  function tellSoon(): void {
    if (isTelling || output.isFull()) return;
    isTelling = true;
    tell()
      .catch((fault: unknown) => {
        control.reportFault(fault, "traffic");
        output.end();
      })
      .finally(() => (isTelling = false));
  }

  const lists = openTopLists(() => control.clock.now());
  tails.open(ask, output, (lines) => {
    for (const line of lines) lists.add(line);
    return write({ tops: lists.read() });
  });
  tellSoon();
  const ticking = setInterval(tellSoon, TICK_MS).unref();
  output.onClosed(() => clearInterval(ticking));
}

/** Which distributions are the caller's. Ids are never given out again, so it is asked once of each. */
function openOwners(account: AccountId, { store }: Control) {
  const known = new Map<string, boolean>();
  async function isOwn(id: string): Promise<boolean> {
    const before = known.get(id);
    if (before !== undefined) return before;
    const parsed: ResourceId | undefined = parseResourceId(id);
    const found = parsed !== undefined && (await store.resources.get("distribution", account, parsed)) !== undefined;
    known.set(id, found);
    return found;
  }
  return {
    isOwn,
    async ownOf(ids: readonly string[]): Promise<readonly string[]> {
      const own: string[] = [];
      for (const id of ids) if (await isOwn(id)) own.push(id);
      return own;
    },
  };
}
