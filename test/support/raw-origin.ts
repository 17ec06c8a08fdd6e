// An origin that is a bare socket: what it writes is bytes, right or wrong, and it says when.

import { createServer, type AddressInfo, type Socket } from "node:net";

export interface RawOrigin extends AsyncDisposable {
  readonly port: number;
  /** Connections that were made. */
  readonly connections: () => number;
  /** Heads of the requests that came, first lines only, in order. */
  readonly asked: readonly string[];
}

export interface RawRequest {
  readonly socket: Socket;
  /** `GET /path` */
  readonly line: string;
  /** Of its connection, from 0. */
  readonly index: number;
}

/** `answer` is called for each head of a request; bodies of requests are read over. */
export async function openRawOrigin(
  answer: (request: RawRequest) => void,
  onConnection: (socket: Socket) => void = () => {},
): Promise<RawOrigin> {
  const sockets = new Set<Socket>();
  const asked: string[] = [];
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {});
    onConnection(socket);
    let text = "";
    let index = 0;
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
      for (let end = text.indexOf("\r\n\r\n"); end >= 0; end = text.indexOf("\r\n\r\n")) {
        const line = /^[A-Z]+ \S+/m.exec(text.slice(0, end))?.[0] ?? "";
        text = text.slice(end + 4);
        if (line === "") continue;
        asked.push(line);
        answer({ socket, line, index: index++ });
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    asked,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
