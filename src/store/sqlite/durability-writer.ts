// The child of durability.test.ts: writes to the store at argv[2] until it is killed, from a seed in argv[3], and
// prints each write once the store has answered it. A line is one acknowledged write.

import { writeSync } from "node:fs";
import type { Resource } from "../store.ts";
import { ALICE, NOW, created, distributionConfig, distributionDraft } from "../contract/samples.ts";
import { NO_CLAIMS } from "../store.ts";
import { openSqliteStore } from "./open-sqlite-store.ts";

const [, , path = "", seed = "0"] = process.argv;
/** The test kills long before; a writer that lost its parent ends here. */
const WRITES_MAX = 5000;

const store = await openSqliteStore({ path });
const known: Resource<"distribution">[] = [];
let random = Number(seed);

for (let write = 0; write < WRITES_MAX; write++) {
  random = (random * 1_103_515_245 + 12_345) % 2 ** 31;
  const choice = Math.floor(random / 65_536) % 10;
  const target = known[random % Math.max(1, known.length)];
  if (choice < 6 || target === undefined) {
    const resource = await created(store, distributionDraft(Number(seed) * WRITES_MAX + write));
    known.push(resource);
    acknowledge("created", resource);
  } else if (choice < 9) {
    const config = distributionConfig(target.config.CallerReference, { Comment: `write ${write}` });
    const outcome = await store.resources.update(target, { config, claims: NO_CLAIMS }, NOW);
    if (outcome.kind !== "updated") throw new Error(outcome.kind);
    known[known.indexOf(target)] = outcome.resource;
    acknowledge("updated", outcome.resource);
  } else {
    const outcome = await store.resources.delete({ ...target, account: ALICE }, NOW);
    if (outcome.kind !== "deleted") throw new Error(outcome.kind);
    known.splice(known.indexOf(target), 1);
    acknowledge("deleted", target);
  }
}

/** Straight to the descriptor: a line in a buffer of this process would die with it. */
function acknowledge(what: "created" | "updated" | "deleted", { id, revision }: Resource): void {
  writeSync(1, `${what} ${id} ${revision}\n`);
}
