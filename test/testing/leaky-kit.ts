// A program that starts a test kit and does not stop it; kit.test.ts starts it, and says how it is to end.

import { setTimeout as wait } from "node:timers/promises";
import { startWarmfront } from "warmfront/testing";

const { ports } = await startWarmfront();
process.stdout.write(JSON.stringify(Object.values(ports)));
const how = process.argv[2];
if (how === "wait") await wait(600_000);
if (how === "throw") throw new Error("as asked");
