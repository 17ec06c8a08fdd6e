// `invalidate`: makes an invalidation by the API and waits until it is complete, which means that no edge serves what it
// removed: a line when it is made and one when it is complete.

import { readdirSync } from "node:fs";
import type { Settings } from "../service/settings.ts";
import type { WireDocument } from "../wire/shape.ts";
import type { Arguments } from "./arguments.ts";
import { newReference, openApi, textOf } from "./call-api.ts";
import { findDistribution } from "./distribution-list.ts";
import { refuse } from "./refuse.ts";
import { readTimeout, waitUntil } from "./wait-until.ts";

export async function invalidate(given: Arguments, settings: Settings): Promise<number> {
  const asked = readAsked(given, listRoot());
  if (typeof asked === "string") return refuse(asked, 2);
  const { name, paths, timeoutSeconds } = asked;
  const callApi = await openApi(given, settings);
  const found = await findDistribution(name, callApi);
  if (found.kind === "failure") return refuse(found.message);
  const made = await callApi("CreateInvalidation", {
    DistributionId: found.id,
    InvalidationBatch: {
      Paths: { Quantity: paths.length, Items: paths },
      CallerReference: newReference(),
    },
  });
  if (made.kind === "failure") return refuse(made.message);
  const id = textOf(made.output["Invalidation"] as WireDocument, "Id");
  if (given.flags.has("--no-wait")) {
    process.stdout.write(`${id}\n`);
    return 0;
  }
  process.stdout.write(`${id}  ${paths.length === 1 ? "1 path" : `${paths.length} paths`} of ${found.id}, made\n`);
  return waitUntil({
    id,
    becomes: "complete",
    timeoutSeconds,
    look: () => callApi("GetInvalidation", { DistributionId: found.id, Id: id }),
    isDone: ({ output }) => (output["Invalidation"] as WireDocument)["Status"] === "Completed",
  });
}

interface Asked {
  readonly name: string;
  readonly paths: readonly string[];
  readonly timeoutSeconds: number;
}

/** What is to be invalidated, or what is wrong with how it was said. `rootNames` are the files that `/*` stands for in a shell. */
export function readAsked(
  { operands, flags }: Pick<Arguments, "operands" | "flags">,
  rootNames: readonly string[],
): Asked | string {
  const [name, ...paths] = operands;
  if (name === undefined || paths.length === 0) {
    return "invalidate takes a distribution and one or more paths, as in: warmfront invalidate www.example.com '/images/*'";
  }
  const wrong = paths.find((path) => !path.startsWith("/"));
  if (wrong !== undefined) return `a path begins with a slash, found ${JSON.stringify(wrong)}`;
  const starred = paths.find((path) => /\*./.test(path));
  if (starred !== undefined) {
    return `* stands at the end of a path, for all that begins so; found ${JSON.stringify(starred)}`;
  }
  const raw = paths.find((path) => !/^[!-~]*$/.test(path));
  if (raw !== undefined) {
    return `a path is written as viewers ask for it: ${JSON.stringify(encodeURI(raw))} where ${JSON.stringify(raw)} was found`;
  }
  // Whoever types /* without quotation marks would invalidate the names of this machine's folders, and nothing of the site.
  const named = new Set(paths);
  if (rootNames.length > 1 && rootNames.every((each) => named.has(`/${each}`))) {
    return "the shell has replaced /* by the names of files: write '/*' with quotation marks";
  }
  const timeoutSeconds = readTimeout(flags);
  return typeof timeoutSeconds === "string" ? timeoutSeconds : { name, paths, timeoutSeconds };
}

/** What a shell makes of `/*`; a folder that cannot be read makes nothing. */
function listRoot(): readonly string[] {
  try {
    return readdirSync("/").filter((name) => !name.startsWith("."));
  } catch {
    return [];
  }
}
