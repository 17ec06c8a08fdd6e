// `reload`: has the server that runs on the data directory replace its edge workers, and waits until it has.

import { askOperatorLine } from "../service/operator-line.ts";
import type { Settings } from "../service/settings.ts";
import type { Arguments } from "./arguments.ts";

export async function reload({ operands }: Arguments, settings: Settings): Promise<number> {
  if (operands.length > 0) {
    process.stderr.write(`warmfront: reload takes flags only, found ${JSON.stringify(operands.join(" "))}\n`);
    return 2;
  }
  const answer = await askOperatorLine(settings.dataDir, "reload");
  if (answer.kind === "done") {
    process.stdout.write(`Reloaded: ${answer.message}.\n`);
    return 0;
  }
  process.stderr.write(`warmfront: ${answer.message}\n`);
  return 1;
}
