/** GetUser and ListRoles [IAMAPI]: what Terraform asks where it may not ask STS. A user is whoever an access key stands for. */
import { DEFAULT_KEY } from "../../callers/default-key.ts";
import { formatUserId } from "../../callers/caller.ts";
import type { WireDocument } from "../../wire/shape.ts";
import { textOf, type NeighborContext } from "../context.ts";
import { formatInstant, type NeighborOutcome } from "../neighbor-outcome.ts";
import { iamFailure } from "./failures.ts";

/** The caller's own, or another one of the account by its name. */
export async function getUser(input: WireDocument, { control, caller }: NeighborContext): Promise<NeighborOutcome> {
  const name = textOf(input, "UserName") || caller.userName;
  const keys = await control.store.credentials.listKeys(caller.account);
  const known = caller.accessKeyId === DEFAULT_KEY.accessKeyId ? [DEFAULT_KEY, ...keys] : keys;
  const key = known.find(({ userName }) => userName === name);
  if (key === undefined) return iamFailure("NoSuchEntity", `The user with name ${name} cannot be found.`);
  const User = {
    Path: "/",
    UserName: name,
    UserId: formatUserId(key.accessKeyId),
    Arn: `arn:aws:iam::${caller.account}:user/${name}`,
    CreateDate: formatInstant(key.createdAtMs),
  };
  return { kind: "ok", output: { User } };
}

/** There are no roles. */
export function listRoles(): Promise<NeighborOutcome> {
  return Promise.resolve({ kind: "ok", output: { IsTruncated: false, Roles: [] } });
}
