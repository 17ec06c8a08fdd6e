// `key-pairs`: the key pairs by which the caller's account signs URLs and cookies, over a running server's own API. A private
// key that is made is printed or written once; one that is given to `import` stays here, only its public half is sent.

import { createPublicKey } from "node:crypto";
import { closeSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import type { KeyPair } from "../control/key-pairs.ts";
import type { Settings } from "../service/settings.ts";
import type { Arguments } from "./arguments.ts";
import { askServer } from "./ask-server.ts";
import { refuse } from "./refuse.ts";

type Action = (given: Arguments, operand: string | undefined, settings: Settings) => Promise<number>;

/** Each action, and whether it wants a word behind it. */
const ACTIONS: Readonly<Record<string, { readonly wants?: string; readonly run: Action }>> = {
  create: { run: create },
  import: { wants: "the file of a key in PEM", run: importKey },
  list: { run: list },
  activate: {
    wants: "the id of a key pair",
    run: (given, id, settings) => change(id, "activate", { given, settings }),
  },
  deactivate: {
    wants: "the id of a key pair",
    run: (given, id, settings) => change(id, "deactivate", { given, settings }),
  },
  delete: { wants: "the id of a key pair", run: remove },
};

export async function keyPairs(given: Arguments, settings: Settings): Promise<number> {
  const [name = "", operand, ...extra] = given.operands;
  const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
  if (action === undefined) {
    const names = Object.keys(ACTIONS).join(", ");
    return refuse(`key-pairs takes one of ${names}, found ${JSON.stringify(given.operands.join(" "))}`, 2);
  }
  const { wants } = action;
  if ((operand === undefined) !== (wants === undefined) || extra.length > 0) {
    return refuse(
      `key-pairs ${name} takes ${wants ?? "no more words"}, found ${JSON.stringify(given.operands.slice(1).join(" "))}`,
      2,
    );
  }
  return action.run(given, operand, settings);
}

interface Made {
  readonly keyPair: KeyPair;
  readonly privateKey: string;
}

/** The file is opened first: a private key that cannot be written would be lost. */
async function create(given: Arguments, _: string | undefined, settings: Settings): Promise<number> {
  const path = given.flags.get("--out")?.at(-1);
  let file: number | undefined;
  try {
    file = path === undefined ? undefined : openSync(path, "wx", 0o600);
  } catch (error) {
    return refuse(`cannot write ${path}: ${(error as Error).message}`);
  }
  const made = await askServer<Made>({ method: "POST", path: "key-pairs" }, settings, given);
  if (typeof made === "string") {
    if (file !== undefined) closeSync(file);
    if (path !== undefined) rmSync(path);
    return refuse(made);
  }
  if (file === undefined) {
    process.stdout.write(made.privateKey);
    process.stderr.write(`${made.keyPair.id} is active. Above is its private key, which cannot be had again.\n`);
    return 0;
  }
  writeSync(file, made.privateKey);
  closeSync(file);
  process.stdout.write(`${made.keyPair.id}\n`);
  return 0;
}

async function importKey(given: Arguments, path = "", settings: Settings): Promise<number> {
  let pem: string;
  try {
    pem = readFileSync(path, "utf8");
  } catch (error) {
    return refuse(`cannot read ${path}: ${(error as Error).message}`);
  }
  let publicKey: string;
  try {
    publicKey = createPublicKey(pem).export({ type: "spki", format: "pem" });
  } catch {
    const wanted = "-----BEGIN PUBLIC KEY-----, or a private one without passphrase";
    return refuse(`${path} holds no key in PEM that can be read (${wanted})`);
  }
  const answer = await askServer<{ keyPair: KeyPair }>(
    { method: "POST", path: "key-pairs", body: { publicKey } },
    settings,
    given,
  );
  if (typeof answer === "string") return refuse(answer);
  process.stdout.write(`${answer.keyPair.id}\n`);
  return 0;
}

async function list(given: Arguments, __: string | undefined, settings: Settings): Promise<number> {
  const answer = await askServer<{ keyPairs: readonly KeyPair[] }>(
    { method: "GET", path: "key-pairs" },
    settings,
    given,
  );
  if (typeof answer === "string") return refuse(answer);
  for (const { id, status, bits, createdAt } of answer.keyPairs) {
    process.stdout.write(`${id}  ${status.padEnd(8)}  RSA ${String(bits).padEnd(4)}  ${createdAt}\n`);
  }
  if (answer.keyPairs.length === 0) process.stderr.write("There are no key pairs yet: warmfront key-pairs create\n");
  return 0;
}

async function change(
  id = "",
  action: "activate" | "deactivate",
  { given, settings }: { readonly given: Arguments; readonly settings: Settings },
): Promise<number> {
  const path = `key-pairs/${encodeURIComponent(id)}/${action}`;
  const answer = await askServer({ method: "POST", path }, settings, given);
  return typeof answer === "string" ? refuse(answer) : 0;
}

async function remove(given: Arguments, id = "", settings: Settings): Promise<number> {
  const answer = await askServer({ method: "DELETE", path: `key-pairs/${encodeURIComponent(id)}` }, settings, given);
  return typeof answer === "string" ? refuse(answer) : 0;
}
