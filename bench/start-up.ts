// From the command behind `npm start` to the line that says it is ready, on a data directory that was in use before. A
// Node.js that does nothing is started in turn with it, because on a busy machine that takes longer too.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { fillDirectory } from "./support/bench-service.ts";
import type { Bench, Figure } from "./support/bench.ts";
import { pin } from "./support/machine.ts";
import { formatSpread, median } from "./support/statistics.ts";

const RUN = fileURLToPath(new URL("../bin/run.js", import.meta.url));
const ROUNDS = 7;

export const startUp: Bench = {
  name: "start-up",
  about: "From the command behind npm start to ready, with 1 and with 10,000 distributions in the store.",
  async run() {
    pin(process.pid, "any"); // what is started inherits it, and has the whole machine as it would have
    const figures: Figure[] = [];
    for (const distributions of [1, 10_000]) {
      using directory = await fillDirectory(distributions);
      await start(directory.path); // the first one may compile and migrate
      const rounds: { readonly ready: number; readonly bare: number }[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        rounds.push({ ready: await start(directory.path), bare: await startNothing() });
      }
      const bare = median(rounds.map((round) => round.bare)).toFixed(0);
      figures.push({
        what: `start to ready, ${distributions === 1 ? "1 distribution" : "10,000 distributions"}`,
        value: formatSpread(
          rounds.map(({ ready }) => ready),
          0,
        ),
        unit: "ms",
        ...(distributions === 1 ? { wanted: "< 1000" } : {}),
        how: `second start, ${ROUNDS} times; \`node -e 0\` in turn with it: ${bare} ms`,
      });
    }
    return figures;
  },
};

async function start(dataDirectory: string): Promise<number> {
  const begun = performance.now();
  const flags = ["--api-port", "0", "--edge-http-port", "0", "--edge-https-port", "0", "--data-dir", dataDirectory];
  const child = spawn(process.execPath, [RUN, "src/cli/main.ts", "start", ...flags], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  const ready = Promise.withResolvers<number>();
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said += text;
    if (said.includes(" is ready")) ready.resolve(performance.now() - begun);
  });
  void exited.then(() => ready.reject(new Error(`the service ended before it was ready: ${said}`)));
  const taken = await ready.promise;
  child.kill("SIGTERM");
  await exited;
  return taken;
}

async function startNothing(): Promise<number> {
  const begun = performance.now();
  await once(spawn(process.execPath, ["-e", "0"], { stdio: "ignore" }), "exit");
  return performance.now() - begun;
}
