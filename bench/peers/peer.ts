// What the bench knows of a server under load: where it listens, and the processes whose CPU time its answers cost. Peers
// are started from configurations of ours in a folder that goes with them, as the current user.

import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect, createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cpuSeconds, pin, processTree } from "../support/machine.ts";

export type PeerName = "nginx" | "Varnish" | "Traffic Server";

/** What has to be on the machine, and the package of Debian that brings it. */
export const PROGRAMS = {
  nginx: "nginx-light",
  varnishd: "varnish",
  varnishncsa: "varnish",
  traffic_server: "trafficserver",
  wrk: "wrk",
  h2load: "nghttp2-client",
} as const;

export type ProgramName = keyof typeof PROGRAMS;

/** Where systems keep programs that not everybody runs. */
export const ENVIRONMENT: NodeJS.ProcessEnv = {
  ...process.env,
  PATH: `${process.env["PATH"] ?? ""}:/usr/sbin:/usr/local/sbin`,
};

export function isInstalled(program: ProgramName): boolean {
  return spawnSync("which", [program], { env: ENVIRONMENT }).status === 0;
}

/** The first version number in what the program says of itself. */
export function versionOf(program: ProgramName, flag: string): string {
  const { stdout, stderr } = spawnSync(program, [flag], { encoding: "utf8", env: ENVIRONMENT });
  return /\d+(?:\.\d+)+/.exec(stdout + stderr)?.[0] ?? "of an unknown version";
}

/** CPU seconds that these processes have used, with all that they started. */
export function cpuOf(roots: readonly number[]): number {
  return roots.flatMap(processTree).reduce((sum, each) => sum + cpuOrNothing(each), 0);
}

function cpuOrNothing(processId: number): number {
  try {
    return cpuSeconds(processId);
  } catch {
    return 0; // it has ended since it was found
  }
}

export function pinTree(roots: readonly number[], to: "server" | "any"): void {
  for (const each of roots.flatMap(processTree)) pin(each, to);
}

/** What is left to be undone however the bench ends. */
const atExit = new Set<() => void>();
process.once("exit", () => {
  for (const undo of atExit) undo();
});

/** A folder for a peer's configuration, logs and cache. */
export interface PeerFolder extends Disposable {
  readonly path: string;
}

export function openPeerFolder(name: string): PeerFolder {
  const path = mkdtempSync(join(tmpdir(), `warmfront-${name}-`));
  const remove = (): void => rmSync(path, { recursive: true, force: true });
  atExit.add(remove);
  return {
    path,
    [Symbol.dispose]() {
      atExit.delete(remove);
      remove();
    },
  };
}

export interface Started extends AsyncDisposable {
  readonly processId: number;
}

/**
 * Starts a program that stays in the foreground and waits until it listens on all the ports. What it prints goes nowhere;
 * `log` is the file in which it says why it ended.
 */
export async function startProgram(
  program: ProgramName,
  words: readonly string[],
  given: { readonly ports: readonly number[]; readonly log?: string },
): Promise<Started> {
  const child = spawn(program, words, { stdio: ["ignore", "ignore", "pipe"], env: ENVIRONMENT });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-4000)));
  const exited = once(child, "exit");
  endWithBench(child);
  const end = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
    await exited;
  };
  const { pid } = child;
  if (pid === undefined) throw new Error(`${program} could not be started`);
  for (const port of given.ports) {
    for (let tried = 0; !(await isListening(port)); tried++) {
      if (tried > PATIENCE || child.exitCode !== null) {
        await end();
        const logged = given.log === undefined ? "" : readLog(given.log);
        throw new Error(`${program} does not listen on ${port}: ${said}${logged}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  return { processId: pid, [Symbol.asyncDispose]: end };
}

const PATIENCE = 200;

/** What a bench has started does not outlive it, however it ends. */
export function endWithBench(child: ChildProcess): void {
  const kill = (): void => void child.kill("SIGTERM");
  atExit.add(kill);
  child.once("exit", () => atExit.delete(kill));
}

function readLog(path: string): string {
  try {
    return readFileSync(path, "utf8").slice(-4000);
  } catch {
    return "";
  }
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  const isUp = await Promise.race([
    once(socket, "connect").then(() => true),
    once(socket, "error").then(() => false),
  ]).catch(() => false);
  socket.destroy();
  return isUp;
}

/** Nobody else takes it in the moment before it is used. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
