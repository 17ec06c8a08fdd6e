// All accepted connections read into one buffer. By itself Node takes 64 KB of new memory for each read from a socket, which on a hit costs
// more than everything that we do. `onread` is Node's public way to avoid that, but only for sockets that connect; an accepted one
// comes without it. So its handle is taken over by a socket of our own making, which is not public: where Node has changed,
// the socket stays as it is. [D-0020]

import { Socket, type SocketConstructorOpts } from "node:net";

/** What of a socket is Node's own. */
interface Insides {
  _handle: { readonly useUserBuffer?: unknown } | null;
  _server: unknown;
  server?: unknown;
}

export interface SharedReads {
  /** In place of the accepted socket, which must not have been touched and is nobody's any more. */
  readonly socket: Socket;
  /** To be set before anything can arrive. The bytes are there until it returns. */
  onBytes: (bytes: Buffer) => void;
}

const READ_BYTES = 65_536;
const shared = Buffer.allocUnsafeSlow(READ_BYTES);

/** `undefined`: this socket tells what it reads by its "data" events, as ever. */
export function takeOverReads(accepted: Socket): SharedReads | undefined {
  const insides = accepted as unknown as Insides;
  const handle = insides._handle;
  if (typeof handle?.useUserBuffer !== "function") return undefined;
  insides._handle = null;
  const options: unknown = {
    handle,
    allowHalfOpen: accepted.allowHalfOpen,
    onread: {
      buffer: shared,
      callback(count: number): boolean {
        reads.onBytes(shared.subarray(0, count));
        return true;
      },
    },
  };
  const socket = new Socket(options as SocketConstructorOpts);
  // The server counts its open connections by these.
  const taken = socket as unknown as Insides;
  taken._server = taken.server = insides._server;
  insides._server = insides.server = null;
  const reads: SharedReads = { socket, onBytes: () => undefined };
  return reads;
}
