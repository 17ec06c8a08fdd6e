// How a command of the operator reaches the supervisor of a running server: a socket that only the server's own user can open, noted in
// the data directory. Whoever may use the data directory is the operator; an access key, which may be a tenant's, is not asked.

import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { join, resolve } from "node:path";
import { OPERATOR_SOCKET, removeLeftSocketDirectory, socketPath } from "./socket-directory.ts";

const NOTE_FILE = "server.json";
const COMMAND_BYTES_MAX = 100;
/** Time for a command to arrive; what it takes to carry it out is not bounded. */
const COMMAND_WITHIN_MS = 5000;

/** What the data directory says of the server that runs on it. */
interface ServerNote {
  readonly processId: number;
  readonly socketDirectory: string;
}

export type OperatorAnswer =
  | { readonly kind: "done"; readonly message: string }
  | { readonly kind: "failure"; readonly message: string };

export interface OperatorLine {
  close(): Promise<void>;
}

/** Listens for commands. The data directory must be held, so that the note of a server that was killed is known to be left over. */
export async function openOperatorLine(
  { dataDirectory, socketDirectory }: { readonly dataDirectory: string; readonly socketDirectory: string },
  commands: Readonly<Record<string, () => Promise<OperatorAnswer>>>,
): Promise<OperatorLine> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined); // whoever asked is gone
    socket.once("close", () => sockets.delete(socket));
    socket.setTimeout(COMMAND_WITHIN_MS, () => socket.destroy());
    let said = "";
    socket.setEncoding("latin1").on("data", (text: string) => {
      said += text;
      if (said.length > COMMAND_BYTES_MAX) socket.destroy();
      if (!said.endsWith("\n")) return;
      socket.setTimeout(0);
      socket.removeAllListeners("data").resume();
      void answer(said.trimEnd()).then((answered) => socket.end(`${JSON.stringify(answered)}\n`));
    });
  });
  async function answer(name: string): Promise<OperatorAnswer> {
    const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
    return command === undefined ? { kind: "failure", message: `the server does not know ${name}` } : command();
  }
  const listening = Promise.withResolvers<void>();
  server.once("error", listening.reject);
  server.listen(socketPath(socketDirectory, OPERATOR_SOCKET), listening.resolve);
  await listening.promise;
  const file = join(dataDirectory, NOTE_FILE);
  const left = readNote(dataDirectory);
  if (left !== undefined) removeLeftSocketDirectory(left.socketDirectory);
  const note: ServerNote = { processId: process.pid, socketDirectory };
  writeFileSync(file, `${JSON.stringify(note)}\n`, { mode: 0o600 });
  return {
    async close() {
      rmSync(file, { force: true });
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      for (const socket of sockets) socket.destroySoon();
      await closed.promise;
    },
  };
}

/** Has the server on this data directory carry out a command, and waits until it has, or for so long. */
export async function askOperatorLine(dataDir: string, command: string, withinMs?: number): Promise<OperatorAnswer> {
  const note = readNote(resolve(dataDir));
  const absent: OperatorAnswer = {
    kind: "failure",
    message: `no server runs on the data directory ${resolve(dataDir)}: say which one with --data-dir`,
  };
  if (note === undefined) return absent;
  const asked = Promise.withResolvers<OperatorAnswer>();
  const socket = connect(socketPath(note.socketDirectory, OPERATOR_SOCKET));
  let said = "";
  socket.setEncoding("utf8").on("data", (text: string) => (said += text));
  socket.once("connect", () => socket.write(`${command}\n`));
  socket.once("error", () => asked.resolve(absent));
  if (withinMs !== undefined) {
    const message = `the server on the data directory ${resolve(dataDir)} (process ${note.processId}) does not answer`;
    const patience = setTimeout(() => {
      asked.resolve({ kind: "failure", message });
      socket.destroy();
    }, withinMs);
    socket.once("close", () => clearTimeout(patience));
  }
  socket.once("close", () => {
    if (said.endsWith("\n")) asked.resolve(JSON.parse(said) as OperatorAnswer);
    else asked.resolve({ kind: "failure", message: "the server ended meanwhile; its log says why" });
  });
  return asked.promise;
}

function readNote(dataDirectory: string): ServerNote | undefined {
  try {
    const { processId, socketDirectory } = JSON.parse(
      readFileSync(join(dataDirectory, NOTE_FILE), "utf8"),
    ) as Partial<ServerNote>;
    return typeof processId === "number" && typeof socketDirectory === "string"
      ? { processId, socketDirectory }
      : undefined;
  } catch {
    return undefined; // not there, or cut off as it was written
  }
}
