// The key pairs of the signer's account, below /_warmfront/key-pairs; docs/key-pairs.md is its documentation. Signed like any
// request to the management API; a key that may only read can list.

import type { ApiRequest, ApiResponse } from "../callers/message.ts";
import type { Control } from "../control/context.ts";
import {
  changeKeyPair,
  createKeyPair,
  deleteKeyPair,
  importKeyPair,
  listKeyPairs,
  type KeyPairOutcome,
} from "../control/key-pairs.ts";
import type { AccountId } from "../vocabulary/ids.ts";
import { answerAudited } from "./audited-call.ts";
import type { IdentifyCaller } from "./identify-caller.ts";
import { json, readJsonObject } from "./own-json.ts";

const STATUSES = { unfit: 400, absent: 404, conflict: 409 } as const;

/** `rest` is the path behind `key-pairs`. `undefined`: there is no such path. */
export async function answerKeyPairs(
  rest: string,
  request: ApiRequest,
  control: Control,
  identify: IdentifyCaller,
): Promise<ApiResponse | undefined> {
  const [, id = "", action = ""] = /^(?:\/([A-Za-z0-9]{1,64})(?:\/(activate|deactivate))?)?$/.exec(rest) ?? [];
  const verb = `${request.method} ${id === "" ? "" : "id"}${action === "" ? "" : `/${action}`}`.trimEnd();
  const known = rest === "" || id !== "";
  const act = known && Object.hasOwn(ACTIONS, verb) ? ACTIONS[verb] : undefined;
  if (act === undefined) return undefined;
  return answerAudited(
    {
      operation: OPERATIONS[verb] ?? "",
      resource: `key-pair/${id || "*"}`,
      isRead: request.method === "GET",
      act: ({ account }) => act({ id, request, account, control }),
    },
    request,
    control,
    identify,
  );
}

interface Asked {
  readonly id: string;
  readonly request: ApiRequest;
  readonly account: AccountId;
  readonly control: Control;
}

const ACTIONS: Readonly<Record<string, (asked: Asked) => Promise<ApiResponse>>> = {
  GET: async ({ account, control }) => json(200, { keyPairs: await listKeyPairs(account, control) }),
  POST: makeOrImport,
  "POST id/activate": async ({ id, account, control }) =>
    answer(200, await changeKeyPair(id, "Active", account, control)),
  "POST id/deactivate": async ({ id, account, control }) =>
    answer(200, await changeKeyPair(id, "Inactive", account, control)),
  "DELETE id": async ({ id, account, control }) => answer(200, await deleteKeyPair(id, account, control)),
};

/** As the audit log calls them. */
const OPERATIONS: Readonly<Record<string, string>> = {
  GET: "ListKeyPairs",
  POST: "CreateKeyPair",
  "POST id/activate": "ActivateKeyPair",
  "POST id/deactivate": "DeactivateKeyPair",
  "DELETE id": "DeleteKeyPair",
};

async function makeOrImport({ request, account, control }: Asked): Promise<ApiResponse> {
  const sent = request.body.length === 0 ? {} : readJsonObject(request.body);
  const { publicKey, ...others } = sent ?? {};
  const isUnderstood = sent !== undefined && Object.keys(others).length === 0;
  if (!isUnderstood || (publicKey !== undefined && typeof publicKey !== "string")) {
    return json(400, {
      error: 'the body must be empty to make a key pair, or JSON like {"publicKey":"-----BEGIN PUBLIC KEY-----…"}',
    });
  }
  const outcome =
    publicKey === undefined ? await createKeyPair(account, control) : await importKeyPair(publicKey, account, control);
  return answer(201, outcome);
}

function answer(status: number, outcome: KeyPairOutcome): ApiResponse {
  if (outcome.kind !== "done") return json(STATUSES[outcome.kind], { error: outcome.message });
  const { keyPair, privateKey } = outcome;
  return json(status, privateKey === undefined ? { keyPair } : { keyPair, privateKey });
}
