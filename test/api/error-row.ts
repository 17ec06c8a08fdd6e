// A row of the tables of errors: a state of the service and one request that is answered with the code; and what rows of
// several resources are made with.

import type { ApiVersion } from "../../src/model/api.ts";
import type { AccessKeyId, AccountId } from "../../src/vocabulary/ids.ts";
import type { Limits } from "../../src/vocabulary/limits.ts";
import { epochMs } from "../../src/vocabulary/time.ts";
import type { WireDocument } from "../../src/wire/shape.ts";
import type { ControlHarness, Signer } from "../support/control-harness.ts";
import { succeed, textAt, type Answer } from "./requests.ts";

/** What a row's preparation works with. */
export interface World {
  readonly harness: ControlHarness;
  /** Of the request; the preparation goes through the same. */
  readonly version: ApiVersion;
  /** An operation that has to succeed. */
  succeed(operation: string, input: WireDocument): Promise<Answer>;
}

export interface ErrorRow {
  readonly limits?: Partial<Limits>;
  /** Signs with a key that may only read. */
  readonly isReadOnly?: true;
  /** The first version that can say it, where that is later than the first that lists the code. */
  readonly from?: ApiVersion;
  /** Prepares, and gives the input of the request that fails. */
  readonly provoke: (world: World) => WireDocument | Promise<WireDocument>;
}

export type Rows = Readonly<Record<string, ErrorRow>>;

/** An id that nothing has. */
export const NOBODY = "E0NOBODY000000";
const READ_ONLY: Signer = { accessKeyId: "AKIAREADONLY00000000", secret: "read-only secret" };

/** A key of the default account that may only read. */
export async function readOnlySigner({ store }: ControlHarness): Promise<Signer> {
  await store.credentials.createKey({
    accessKeyId: READ_ONLY.accessKeyId as AccessKeyId,
    secret: READ_ONLY.secret,
    account: "000000000000" as AccountId,
    userName: "auditor",
    access: "read-only",
    createdAtMs: epochMs(0),
  });
  return READ_ONLY;
}

/** Created, and what names it in a request. */
export async function made(
  world: World,
  resource: string,
  config: WireDocument,
): Promise<{ Id: string; IfMatch: string }> {
  const answer = await world.succeed(`Create${resource}`, { [`${resource}Config`]: config });
  return { Id: textAt(answer.output, resource, "Id"), IfMatch: answer.etag };
}

export const denied = (input: WireDocument): ErrorRow => ({ isReadOnly: true, provoke: () => input });

/** What can be wrong with the revision of an update or a delete. */
export function revisionRows(resource: string, absent: string, config: WireDocument, input: WireDocument = {}): Rows {
  return {
    [absent]: { provoke: () => ({ Id: NOBODY, IfMatch: "E23ZP02F085DFQ", ...input }) },
    InvalidIfMatchVersion: {
      provoke: async (world) => ({ Id: (await made(world, resource, config)).Id, IfMatch: "not-a-version", ...input }),
    },
    PreconditionFailed: {
      provoke: async (world) => {
        const { Id, IfMatch } = await made(world, resource, config);
        await world.succeed(`Update${resource}`, {
          Id,
          IfMatch,
          [`${resource}Config`]: { ...config, Comment: "changed meanwhile" },
        });
        return { Id, IfMatch, ...input };
      },
    },
  };
}

export const absentRow = (input: WireDocument): ErrorRow => ({ provoke: () => input });

/** World for one row. */
export function worldOf(harness: ControlHarness, version: ApiVersion): World {
  return { harness, version, succeed: (operation, input) => succeed(harness, operation, input, { version }) };
}
