// TLS handshakes one after the other on several lanes, and nothing else: connect, shake hands, leave in good order. Whole
// ones, or such that take up a session that an earlier one left, which has to work every time or there is no figure.

import { connect, type ConnectionOptions } from "node:tls";

export interface HandshakeLoad {
  readonly port: number;
  readonly serverName: string;
  readonly seconds: number;
  readonly lanes: number;
  readonly version: "TLSv1.2" | "TLSv1.3";
  readonly isResuming: boolean;
}

export interface HandshakeOutcome {
  readonly count: number;
  readonly seconds: number;
}

/** Rejects when the handshake fails or is not of the kind that was wanted. */
function shake(
  options: ConnectionOptions,
  given: { readonly isResumed: boolean; readonly awaitsSession: boolean },
): Promise<Buffer | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer | undefined>();
  let session: Buffer | undefined;
  let isSecure = false;
  const leave = (): void => void socket.end();
  const socket = connect(options, () => {
    isSecure = true;
    if (socket.isSessionReused() !== given.isResumed) {
      reject(new Error(given.isResumed ? "a session was not resumed" : "a handshake was not a whole one"));
    }
    if (!given.awaitsSession || session !== undefined) leave();
  });
  socket.on("session", (bytes: Buffer) => {
    session = bytes;
    if (given.awaitsSession && isSecure) leave();
  });
  socket.resume(); // what comes behind the handshake is read, or the end would be a reset
  socket.once("error", reject);
  socket.once("close", () => (isSecure ? resolve(session) : reject(new Error("the server left in mid-handshake"))));
  return promise;
}

async function run(load: HandshakeLoad): Promise<HandshakeOutcome> {
  const options: ConnectionOptions = {
    host: "127.0.0.1",
    port: load.port,
    servername: load.serverName,
    minVersion: load.version,
    maxVersion: load.version,
    rejectUnauthorized: false,
    ALPNProtocols: ["http/1.1"],
    ecdhCurve: "X25519:prime256v1",
  };
  const session = load.isResuming ? await shake(options, { isResumed: false, awaitsSession: true }) : undefined;
  if (load.isResuming && session === undefined) throw new Error("the server left no session");
  const begun = performance.now();
  const until = begun + load.seconds * 1000;
  let count = 0;
  const lane = async (): Promise<void> => {
    while (performance.now() < until) {
      await shake({ ...options, ...(session && { session }) }, { isResumed: load.isResuming, awaitsSession: false });
      count++;
    }
  };
  await Promise.all(Array.from({ length: load.lanes }, lane));
  return { count, seconds: (performance.now() - begun) / 1000 };
}

process.stdout.write(JSON.stringify(await run(JSON.parse(process.argv[2] ?? "") as HandshakeLoad)));
