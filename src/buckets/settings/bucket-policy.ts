// The policy of a bucket: put, shown as it was put, taken away, judged. [S3API PutBucketPolicy] A public one is refused while
// the public access block says so.

import { publicAccessBlockOf } from "../access/access-settings.ts";
import { canonicalUserIdOf } from "../access/principal.ts";
import { policyOf } from "../access/decide-access.ts";
import { parsePolicy } from "../access/parse-policy.ts";
import { describePrincipalName } from "../access/policy-principals.ts";
import { isPublicPolicy } from "../access/public-policy.ts";
import { bucketArn } from "../access/request-facts.ts";
import { findUnknownPrincipal, type PrincipalDirectory } from "../access/unknown-principals.ts";
import { formatCallerArn } from "../../callers/caller.ts";
import type { AccountId } from "../../vocabulary/ids.ts";
import { DEFAULT_KEY } from "../../callers/default-key.ts";
import {
  fail,
  ok,
  okXml,
  type AtBucket,
  type BucketOutcome,
  type BucketService,
  type S3Failure,
} from "../operation.ts";
import { readWhole, textElement, xmlDocument } from "../xml.ts";
import { keep } from "./bucket-setting.ts";

export async function putBucketPolicy(at: AtBucket): Promise<BucketOutcome> {
  const { bucket, service } = at;
  const text = decodeUtf8(await readWhole(at));
  if (text === undefined) return fail("MalformedPolicy", { why: "the policy is not UTF-8" });
  const bytes = Buffer.byteLength(text);
  const { bucketPolicyBytesMax: bytesMax } = service.limits;
  if (bytes > bytesMax) {
    return fail("MalformedPolicy", {
      message: `Normalized policy document exceeds the maximum allowed size of ${bytesMax} bytes: it has ${bytes} bytes`,
    });
  }
  const parsed = parsePolicy(text, bucket.name);
  if (parsed.kind === "malformed") return fail("MalformedPolicy", { message: parsed.message });
  const unknown = await findUnknownPrincipal(parsed.policy, directoryOf(service, bucket.account));
  if (unknown !== undefined) {
    return fail("MalformedPolicy", {
      message: `Invalid principal in policy: ${unknown.statement} names ${describePrincipalName(unknown.name)}, which does not exist`,
    });
  }
  if (publicAccessBlockOf(bucket).BlockPublicPolicy && isPublicPolicy(parsed.policy))
    return blockedByPublicAccessBlock(at);
  return keep(at, "policy", text, 204);
}

function blockedByPublicAccessBlock({ principal, bucket }: AtBucket): S3Failure {
  const who = principal.kind === "caller" ? `User: ${formatCallerArn(principal.caller)}` : "The caller";
  return fail("AccessDenied", {
    message: `${who} is not authorized to perform: s3:PutBucketPolicy on resource: "${bucketArn(bucket.name)}" because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access.`,
    why: "the policy is public, and the public access block has BlockPublicPolicy",
  });
}

/** Who there is: identities of all accounts, and accounts that have a key. */
export function directoryOf({ store }: Pick<BucketService, "store">, owner: AccountId): PrincipalDirectory {
  return {
    identityExists: async (id) => (await store.resources.findIdentity({ id })) !== undefined,
    canonicalUserExists: async (canonicalUserId) => {
      if ((await store.resources.findIdentity({ canonicalUserId })) !== undefined) return true;
      const accounts = new Set((await store.credentials.listKeys(undefined)).map(({ account }) => account));
      return [owner, DEFAULT_KEY.account, ...accounts].some(
        (account) => canonicalUserIdOf(account) === canonicalUserId,
      );
    },
  };
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

export function getBucketPolicy({ bucket }: AtBucket): Promise<BucketOutcome> {
  const text = bucket.settings.policy;
  return Promise.resolve(
    text === undefined
      ? fail("NoSuchBucketPolicy", { details: [["BucketName", bucket.name]] })
      : ok(200, [["Content-Type", "application/json"]], { kind: "text", text }),
  );
}

export function deleteBucketPolicy(at: AtBucket): Promise<BucketOutcome> {
  return keep(at, "policy", undefined, 204);
}

/** [S3API GetBucketPolicyStatus] */
export function getBucketPolicyStatus({ bucket }: AtBucket): Promise<BucketOutcome> {
  const policy = policyOf(bucket);
  if (policy === undefined)
    return Promise.resolve(fail("NoSuchBucketPolicy", { details: [["BucketName", bucket.name]] }));
  const isPublic = policy.kind === "policy" && isPublicPolicy(policy.policy);
  return Promise.resolve(okXml(xmlDocument("PolicyStatus", textElement("IsPublic", isPublic))));
}
