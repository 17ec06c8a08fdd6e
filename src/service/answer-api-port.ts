// What is no bucket's at the port of the API: the console under its own names, the server's own paths, and the management API. Each answer is
// counted by which of them it was.

import type { ApiRequest, ApiResponse } from "../callers/message.ts";
import type { Control } from "../control/context.ts";
import { API_ERRORS } from "../model/errors.ts";
import { refuseRequest, serveApi, whyRefused } from "../control/serve.ts";
import type { ApiListenerOptions } from "./api-listener.ts";
import { openConsoleAddresses } from "./console/console-addresses.ts";
import { withConsoleFields } from "./console/console-fields.ts";
import { openConsoleFiles } from "./console/console-files.ts";
import { openConsoleSessions } from "./console/console-sessions.ts";
import { serveConsole, type ConsoleParts } from "./console/serve-console.ts";
import { openSignInGate } from "./console/sign-in-gate.ts";
import { openIdentification } from "./identify-caller.ts";
import type { LiveResponse } from "./live-response.ts";
import type { Metrics } from "./metrics/open-metrics.ts";
import { isMetricsRequest } from "./metrics/who-may-ask.ts";
import { json } from "./own-json.ts";
import { answerOwnPath, isOwnPath, type OwnAnswers } from "./own-paths.ts";
import { answerWatch, type WatchAnswers } from "./own-watch.ts";
import type { Settings } from "./settings.ts";

export interface ApiPortParts {
  readonly settings: Settings;
  readonly control: Control;
  readonly metrics: Metrics;
  readonly own: Pick<OwnAnswers, "explain" | "explainBucket" | "explainLog" | "testControls">;
  readonly watching: Omit<WatchAnswers, "identify">;
  readonly console: Pick<ConsoleParts, "askBuckets" | "edges">;
}

export function answerApiPort(
  parts: ApiPortParts,
): Required<Pick<ApiListenerOptions, "handle" | "hasMetrics" | "isConsole" | "refuse">> {
  const { settings, control, metrics } = parts;
  const { limits } = settings;
  const { clock, random } = control;
  const findConsole = settings.console === "off" ? () => undefined : openConsoleAddresses(settings.consoleAddresses);
  const sessions = openConsoleSessions({ limits, clock, random });
  const identify = openIdentification({ directory: control, findConsole, sessions });
  const own: OwnAnswers = { ...parts.own, identify, metrics, metricsFor: settings.metrics };
  const watching: WatchAnswers = { ...parts.watching, identify };
  const answerOwn = async (request: ApiRequest): Promise<ApiResponse | LiveResponse> =>
    (await answerWatch(request, control, watching)) ?? answerOwnPath(request, control, own);
  const consoleParts: ConsoleParts = {
    ...parts.console,
    control,
    identify,
    sessions,
    gate: openSignInGate(limits.consoleSignInFailuresMax, clock),
    files: openConsoleFiles(),
    answerOwn,
  };
  const hasMetrics = settings.metrics !== "off";
  return {
    hasMetrics,
    isConsole: (fields) => findConsole(fields) !== undefined,
    refuse(why, head) {
      const isConsole = head !== undefined && findConsole(head.fields) !== undefined;
      if (!isConsole && !isOwnPath(head?.rawPath ?? "")) return refuseRequest(why, control);
      const { code, message } = whyRefused(why, limits);
      const response = json(API_ERRORS[code].status, { error: message, code });
      return isConsole ? withConsoleFields(response) : response;
    },
    async handle(request) {
      const at = findConsole(request.fields);
      if (at !== undefined) {
        const response = await serveConsole(request, at, consoleParts);
        metrics.countAnswer("own", response.status);
        return response;
      }
      const isOwn = isOwnPath(request.rawPath) || (hasMetrics && isMetricsRequest(request));
      const response = await (isOwn ? answerOwn(request) : serveApi(request, control));
      metrics.countAnswer(isOwn ? "own" : "api", response.status);
      return response;
    },
  };
}
