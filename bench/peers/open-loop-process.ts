// An open-loop load in a process of its own, so that nothing else of the bench delays it: the load as JSON in the argument,
// the outcome as JSON on the output.

import { packHistogram } from "./latency-histogram.ts";
import { runOpenLoop, type OpenLoopLoad } from "./open-loop.ts";

const { due, unanswered, latencies, ownLags } = await runOpenLoop(JSON.parse(process.argv[2] ?? "") as OpenLoopLoad);
process.stdout.write(
  JSON.stringify({ due, unanswered, latencies: packHistogram(latencies), ownLags: packHistogram(ownLags) }),
);
