// `start`, and `serve`: runs the service, tells a newcomer how to use it, and stops it when asked.

import { DEFAULT_KEY } from "../callers/default-key.ts";
import { openService, type Service } from "../service/open-service.ts";
import { isLoopback } from "../service/addresses.ts";
import { OWN_SETTINGS, type Settings, variableOf } from "../service/settings.ts";
import type { Arguments } from "./arguments.ts";
import { refuse } from "./refuse.ts";
import { VERSION } from "./version.ts";

export async function runStart(
  { operands }: Arguments,
  settings: Settings,
  readSettings: () => Settings | string,
): Promise<number> {
  if (operands.length === 0) return start(settings, readSettings);
  return refuse(`start takes flags only, found ${JSON.stringify(operands.join(" "))}`, 2);
}

/** `readSettings` reads them again: what was given at the start, and the file as it is then. */
async function start(settings: Settings, readSettings: () => Settings | string): Promise<number> {
  // Before anything is open: a signal in the middle of the start must end it as cleanly as one later. Ctrl-C reaches the
  // parts too, so their failure is told only when nobody asked for it.
  const asked = Promise.withResolvers<NodeJS.Signals>();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, asked.resolve);
  // From a terminal it says that this is closed; a server that has none is told by it to reload, as servers are.
  let reload = (): void => undefined;
  process.on("SIGHUP", () => (hasTerminal() ? asked.resolve("SIGHUP") : reload()));

  let isAsked = false;
  void asked.promise.then(() => (isAsked = true));

  const outcome = await openService(settings, {
    write: (line) => void process.stderr.write(line),
    stopAsked: asked.promise,
    readSettings,
  });
  if (outcome.kind === "stopped" || (outcome.kind === "failure" && isAsked)) return 0;
  if (outcome.kind === "failure") {
    process.stderr.write(`warmfront: ${outcome.message}\n`);
    return 1;
  }
  const { service } = outcome;
  reload = () => void service.reload();
  process.stdout.write(greeting(service, settings));
  await asked.promise;
  process.stdout.write("\nStopping: requests in flight are finished first.\n");
  await service.stop();
  return 0;
}

function hasTerminal(): boolean {
  return process.stdin.isTTY || process.stdout.isTTY;
}

function greeting(service: Service, settings: Settings): string {
  const { apiUrl, consoleUrls, edgeUrl, edgeHttpsUrl, rootFile, dataDirectory } = service;
  const seconds = process.uptime().toFixed(2);
  const edgePort = new URL(edgeUrl).port;
  const edgeHttpsPort = new URL(edgeHttpsUrl).port;
  const keys = isLoopback(settings.apiHost)
    ? `AWS_ACCESS_KEY_ID=${DEFAULT_KEY.accessKeyId} AWS_SECRET_ACCESS_KEY=${DEFAULT_KEY.secret}`
    : "AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=…";
  const consoleLine = consoleUrls.length === 0 ? "" : `  Console          ${consoleUrls.join(", ")}   (in a browser)\n`;
  return `Warmfront ${VERSION} is ready, ${seconds} s after its start. Ctrl-C stops it.

  Management API   ${apiUrl}
${consoleLine}  Viewers          ${edgeUrl}   (as http://<domain name of a distribution>:${edgePort}/)
                   ${edgeHttpsUrl}   (as https://<domain name of a distribution>:${edgeHttpsPort}/)
  Trust for HTTPS  ${rootFile}   (curl --cacert, or import it into a browser)
  Data             ${dataDirectory}
${forTests(settings)}
Point any AWS client at it, in another terminal:

  export AWS_ENDPOINT_URL=${apiUrl} AWS_DEFAULT_REGION=us-east-1 ${keys}

Put a web server of yours before it, here one on port 3000:

  ${isPackage ? "npx warmfront" : "npm run warmfront --"} distributions create --origin http://localhost:3000

${isPackage ? "warmfront help lists all commands.\n" : exampleText(apiUrl, edgePort)}
`;
}

function forTests({ testControls }: Settings): string {
  return testControls === "yes"
    ? "\n  FOR TESTS ALONE  --test-controls yes: whoever has an access key may move the clock and delete everything\n"
    : "";
}

/** The example is in a clone only. */
const isPackage = import.meta.url.endsWith(".js");

function exampleText(apiUrl: string, edgePort: string): string {
  return `See it work: this puts a web site behind the edge with the AWS SDK, and shows a miss, a hit, an invalidation, a miss:

  ${exampleCommand(apiUrl, edgePort)}
`;
}

/** Elsewhere than at the default ports the example has to be told where. */
function exampleCommand(apiUrl: string, edgePort: string): string {
  const isUsual =
    new URL(apiUrl).port === String(OWN_SETTINGS.apiPort.default) &&
    edgePort === String(OWN_SETTINGS.edgeHttpPort.default);
  return `${isUsual ? "" : `AWS_ENDPOINT_URL=${apiUrl} ${variableOf("edgeHttpPort")}=${edgePort} `}npm run example`;
}
