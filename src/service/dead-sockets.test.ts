import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { removeDeadSocketDirectories } from "./dead-sockets.ts";

async function listen(path: string): Promise<Server> {
  const server = createServer((socket) => socket.destroy()).listen(path);
  await once(server, "listening");
  return server;
}

/** A socket as a process leaves it that is killed: closing a server removes the name that it has listened at. */
async function leaveDead(path: string): Promise<void> {
  const server = await listen(`${path}~`);
  renameSync(`${path}~`, path);
  server.close();
  await once(server, "close");
}

/** Name of the folder; its sockets, whether somebody listens there; whether it goes. */
const ROWS: readonly (readonly [string, Readonly<Record<string, "dead" | "alive">>, boolean])[] = [
  ["warmfront-killed", { operator: "dead", "0-1-requests.sock": "dead" }, true],
  ["warmfront-alone1", { operator: "dead" }, true],
  ["warmfront-worker", { operator: "dead", "0-1-requests.sock": "alive" }, false],
  ["warmfront-serves", { operator: "alive", "0-1-requests.sock": "dead" }, false],
  ["warmfront-starts", {}, false],
  ["warmfront-nobody", { "0-1-requests.sock": "dead" }, false],
  ["warmfront-another-name", { operator: "dead" }, false],
];

test("what killed servers have left is removed where nobody listens any more, and nothing else", async (t) => {
  const home = mkdtempSync(join(tmpdir(), "w-"));
  const servers: Server[] = [];
  t.after(() => {
    for (const server of servers) server.close();
    rmSync(home, { recursive: true, force: true });
  });
  for (const [folder, sockets] of ROWS) {
    mkdirSync(join(home, folder));
    for (const [name, is] of Object.entries(sockets)) {
      if (is === "dead") await leaveDead(join(home, folder, name));
      else servers.push(await listen(join(home, folder, name)));
    }
  }
  // A data directory of such a name, a file, a link to somewhere else.
  mkdirSync(join(home, "warmfront-data01"));
  writeFileSync(join(home, "warmfront-data01", "operator"), "");
  writeFileSync(join(home, "warmfront-file01"), "");
  mkdirSync(join(home, "else"));
  await leaveDead(join(home, "else", "operator"));
  symlinkSync(join(home, "else"), join(home, "warmfront-linked"));

  const removed: string[] = [];
  await removeDeadSocketDirectories((path) => void removed.push(path), [home, join(home, "absent")]);
  const expected = ROWS.filter(([, , goes]) => goes).map(([name]) => join(home, name));
  assert.deepEqual(removed.toSorted(), expected.toSorted());
  for (const [name, , goes] of ROWS) assert.equal(existsSync(join(home, name)), !goes, name);
  for (const name of ["warmfront-data01", "warmfront-file01", "warmfront-linked", "else/operator"]) {
    assert.ok(existsSync(join(home, name)), name);
  }
});
