// Imported into the process of each test file: one that goes on after its last test fails, and says what keeps it. Without that the run would
// wait for it, and say nothing, for as long as somebody lets it.

import { after } from "node:test";

/** For what tests close behind them without waiting. */
const ENDS_WITHIN_MS = 60_000;

// Programs that a test starts have the same flags.
if (process.argv[1]?.endsWith(".test.ts") === true) {
  after(() => {
    const overdue = setTimeout(() => {
      process.stderr.write(`still open after the last test: ${process.getActiveResourcesInfo().join(", ")}\n`);
      process.exit(1);
    }, ENDS_WITHIN_MS);
    overdue.unref();
  });
}
