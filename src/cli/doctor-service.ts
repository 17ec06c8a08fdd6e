// What `doctor` measures of the service itself: its ports, the certificates that viewers are shown, its data directory.

import { randomBytes, X509Certificate } from "node:crypto";
import { closeSync, fsyncSync, openSync, readFileSync, rmSync, statfsSync, statSync, writeSync } from "node:fs";
import { connect, createServer } from "node:net";
import { dirname, join, resolve } from "node:path";
import { connect as connectTls } from "node:tls";
import { lifeOf, readPemCertificates } from "../model/read-certificate.ts";
import { formatAuthority, isAddressMissing, listenHosts, reachable } from "../service/addresses.ts";
import { readCertificateFolder } from "../service/certificate-folder.ts";
import { describeListenError } from "../service/listen.ts";
import { rootFileOf } from "../service/local-authority.ts";
import type { ListenAddress, PortSetting } from "../service/process-messages.ts";
import type { Settings } from "../service/settings.ts";
import type { Clock, EpochMs } from "../vocabulary/time.ts";
import type { ListedDistribution } from "./distribution-list.ts";
import { judgeCertificate, judgeRoom, type Finding } from "./doctor-findings.ts";

/** A service on this machine accepts at once, or hangs. */
const CONNECTS_WITHIN_MS = 5000;
/** More are not looked at: who has so many watches them otherwise. */
const ALIASES_MAX = 200;

/** Of a running service: whether each of its addresses accepts. Workers share theirs, so each is told once. */
export async function probePorts(addresses: readonly ListenAddress[]): Promise<readonly Finding[]> {
  const once = new Map(addresses.map((address) => [`${address.setting} ${address.host} ${address.port}`, address]));
  return Promise.all(
    [...once.values()].map(async (address): Promise<Finding> => {
      const { host, port } = reachable(address);
      const where = formatAuthority(host, port);
      const fault = await tryConnect(host, port);
      if (fault === undefined) return { subject: "ports", state: "ok", says: `${where} accepts (${address.setting})` };
      const says = `${where} does not accept (${address.setting}): ${fault}`;
      return { subject: "ports", state: "fault", says, todo: "look into the server's log, then start it anew" };
    }),
  );
}

async function tryConnect(host: string, port: number): Promise<string | undefined> {
  const { promise, resolve: done } = Promise.withResolvers<string | undefined>();
  const socket = connect({ host, port });
  socket.setTimeout(CONNECTS_WITHIN_MS, () => done("no answer"));
  socket.once("connect", () => done(undefined)).once("error", (error) => done(error.message));
  try {
    return await promise;
  } finally {
    socket.destroy();
  }
}

/** Where no service runs: whether one could listen. */
export async function probeFreePorts(settings: Settings): Promise<readonly Finding[]> {
  const wanted: readonly (readonly [PortSetting, string])[] = [
    ["apiPort", settings.apiHost],
    ["edgeHttpPort", settings.edgeHost],
    ["edgeHttpsPort", settings.edgeHost],
  ];
  const findings: Finding[] = [];
  for (const [setting, hostSetting] of wanted) {
    const port = settings[setting];
    for (const [index, host] of listenHosts(hostSetting).entries()) {
      const error = await tryListen(host, port);
      if (error === undefined) {
        findings.push({ subject: "ports", state: "ok", says: `${formatAuthority(host, port)} is free (${setting})` });
      } else if (index === 0 || !isAddressMissing(error)) {
        const [says = "", todo = "look at the host settings"] = describeListenError(error, host, port, setting).split(
          ": ",
          2,
        );
        findings.push({ subject: "ports", state: "fault", says, todo });
      }
    }
  }
  return findings;
}

async function tryListen(host: string, port: number): Promise<Error | undefined> {
  const { promise, resolve: done } = Promise.withResolvers<Error | undefined>();
  const server = createServer();
  server.once("error", done);
  server.listen(port, host, () => server.close(() => done(undefined)));
  return promise;
}

/** Certificates that lie in files: the root that viewers trust, and the operator's folder. */
export function probeFiles(settings: Settings, clock: Clock): readonly Finding[] {
  const now = clock.now();
  const findings: Finding[] = [];
  const rootFile = rootFileOf(settings.dataDir, settings.domainSuffix);
  try {
    const root = new X509Certificate(readFileSync(rootFile));
    const renewal = "start the server anew, which makes another, and have viewers trust that";
    findings.push(judgeCertificate(`the root ${rootFile}`, lifeOf(root), { now, renewal }));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") {
      findings.push({ subject: "certificates", state: "ok", says: "the first start makes the root for its own names" });
    } else {
      const says = `${rootFile} cannot be read: ${(error as Error).message}`;
      findings.push({ subject: "certificates", state: "fault", says, todo: "remove it: the next start makes another" });
    }
  }
  const { certificates, faults } = readCertificateFolder(settings.certificatesDir, clock);
  for (const says of faults) {
    const todo = "put that right, then: warmfront reload";
    findings.push({ subject: "certificates", state: "fault", says: says.replace(/^certificates: /, ""), todo });
  }
  for (const { id, account, names, chain } of certificates) {
    const [leaf] = readPemCertificates(chain) ?? [];
    if (leaf === undefined) continue; // the folder's reader has told of it
    const renewal = "put a newer one in its place, then: warmfront reload";
    const name = `${account}/${id} for ${names.slice(0, 3).join(", ")}`;
    findings.push(judgeCertificate(name, lifeOf(leaf), { now, renewal }));
  }
  return findings;
}

/** The certificates that viewers are shown for aliases, wherever they come from. */
export async function probeAliases(
  distributions: readonly ListedDistribution[],
  addresses: readonly ListenAddress[],
  now: EpochMs,
): Promise<readonly Finding[]> {
  const listens = addresses.find(({ setting }) => setting === "edgeHttpsPort");
  if (listens === undefined) return [];
  const aliases = distributions.flatMap(({ id, aliases: own }) => own.map((alias) => [id, alias] as const));
  const findings: Finding[] = [];
  for (const [id, alias] of aliases.slice(0, ALIASES_MAX)) {
    // Any name stands for all that a wildcard covers.
    const name = alias.replace(/^\*/, "any");
    const shown = await shownCertificate(reachable(listens), name);
    if (shown === undefined || shown.checkHost(name) === undefined) {
      findings.push({
        subject: "certificates",
        state: "warning",
        says: `${alias} of ${id} has no certificate: viewers over HTTPS are refused or warned`,
        todo: "give the distribution one that is for this name (ViewerCertificate), or put it into --certificates-dir",
      });
      continue;
    }
    const renewal = "import a newer one under the same name, or put it into --certificates-dir";
    findings.push(judgeCertificate(`${alias} of ${id}`, lifeOf(shown), { now, renewal }));
  }
  if (aliases.length > ALIASES_MAX) {
    const says = `${aliases.length - ALIASES_MAX} more aliases were not looked at`;
    findings.push({ subject: "certificates", state: "ok", says });
  }
  return findings;
}

async function shownCertificate(
  at: { readonly host: string; readonly port: number },
  servername: string,
): Promise<X509Certificate | undefined> {
  const { promise, resolve: done } = Promise.withResolvers<X509Certificate | undefined>();
  const socket = connectTls({ ...at, servername, rejectUnauthorized: false });
  socket.setTimeout(CONNECTS_WITHIN_MS, () => done(undefined));
  socket.once("secureConnect", () => done(socket.getPeerX509Certificate())).once("error", () => done(undefined));
  try {
    return await promise;
  } finally {
    socket.destroy();
  }
}

/** Room on the disk of the data directory, and whether it can be written. A directory that is not there is made by the first start. */
export function probeDisk({ dataDir }: Settings): readonly Finding[] {
  const path = resolve(dataDir);
  let there = path;
  while (statSync(there, { throwIfNoEntry: false }) === undefined && dirname(there) !== there) there = dirname(there);
  const subject = "disk";
  const todo = "give the user of the server the right to write there, or take another with --data-dir";
  try {
    const { bavail, bsize, ffree, files } = statfsSync(there);
    const room = judgeRoom({ path, freeBytes: bavail * bsize, filesFree: ffree, files });
    const file = join(there, `doctor-${randomBytes(6).toString("hex")}`);
    const descriptor = openSync(file, "wx", 0o600);
    try {
      writeSync(descriptor, randomBytes(4096));
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
      rmSync(file, { force: true });
    }
    const isOpen = there === path && process.platform !== "win32" && (statSync(path).mode & 0o077) !== 0;
    const says = there === path ? `${path} can be written` : `${path} is made by the first start`;
    const written: Finding = isOpen
      ? {
          subject,
          state: "warning",
          says: `others may look into ${path}, where secrets are`,
          todo: `chmod 700 ${path}`,
        }
      : { subject, state: "ok", says };
    return [room, written];
  } catch (error) {
    return [{ subject, state: "fault", says: `${there} cannot be written: ${(error as Error).message}`, todo }];
  }
}
