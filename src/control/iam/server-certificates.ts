/**
 * IAM's server certificates: UploadServerCertificate, GetServerCertificate, ListServerCertificates,
 * UpdateServerCertificate and DeleteServerCertificate [IAMAPI]. A certificate is named by its name, and by its id where a
 * distribution uses it; texts of refusals are the real service's where they were seen [SEEN 2026-11-20 #5].
 */
import { checkServerCertificate } from "../../model/check/server-certificate.ts";
import { checkTags } from "../../model/check/tags.ts";
import type { ServerCertificateConfig } from "../../model/server-certificate.ts";
import type { Tag } from "../../store/tags.ts";
import { newIamCertificateId, type AccountId } from "../../vocabulary/ids.ts";
import type { WireDocument } from "../../wire/shape.ts";
import { certificateClaims, findUsers, listCertificates, storeCertificate, type Certificate } from "../certificates.ts";
import { textOf, type NeighborContext } from "../context.ts";
import { formatInstant, type NeighborFailure, type NeighborOutcome } from "../neighbor-outcome.ts";
import { cutPage } from "../pages.ts";
import { iamFailure } from "./failures.ts";

/** A page has at most a thousand items, and a hundred unless asked. [IAMAPI ListServerCertificates] */
const PAGE_DEFAULT = 100;

export function serverCertificateArn(account: AccountId, path: string, name: string): string {
  return `arn:aws:iam::${account}:server-certificate${path}${name}`;
}

export async function uploadServerCertificate(input: WireDocument, context: NeighborContext): Promise<NeighborOutcome> {
  const { control, caller, now } = context;
  const { limits } = control;
  const tags = (input["Tags"] ?? []) as unknown as readonly Tag[];
  const tagging = checkTags(tags, limits.tagsPerResourceMax);
  if (tagging !== undefined) return iamFailure("InvalidInput", tagging.message);
  const body = textOf(input, "CertificateBody").trim();
  const checked = checkServerCertificate(
    { body, chain: textOf(input, "CertificateChain"), key: textOf(input, "PrivateKey") },
    { now, chainMax: limits.certificateChainMax, isChainNeeded: false },
  );
  if (checked.kind === "problem") return iamFailure(checked.code, checked.message);

  const name = textOf(input, "ServerCertificateName");
  const path = textOf(input, "Path") || "/";
  const id = newIamCertificateId(control.random);
  const config: ServerCertificateConfig = {
    Source: "iam",
    Name: name,
    Path: path,
    Arn: serverCertificateArn(caller.account, path, name),
    CertificateBody: body,
    CertificateChain: textOf(input, "CertificateChain").trim(),
    PrivateKey: checked.key,
    Type: "IMPORTED",
    Names: checked.names,
    KeyAlgorithm: checked.keyAlgorithm,
    NotBefore: checked.notBefore,
    NotAfter: checked.notAfter,
    SuppliedAt: now,
  };
  const created = await storeCertificate(id, config, tags, context);
  switch (created.kind) {
    case "created":
      return {
        kind: "ok",
        output: {
          ServerCertificateMetadata: viewMetadata(created.resource),
          ...(tags.length === 0 ? {} : { Tags: tags.map(({ Key, Value }) => ({ Key, Value })) }),
        },
      };
    case "name-taken":
      return alreadyExists(name);
    default:
      return iamFailure(
        "LimitExceeded",
        `Cannot exceed quota for ServerCertificatesPerAccount: ${limits.iamCertificatesPerAccountMax}`,
      );
  }
}

export async function getServerCertificate(input: WireDocument, context: NeighborContext): Promise<NeighborOutcome> {
  const name = textOf(input, "ServerCertificateName");
  const found = await findByName(name, context);
  if (found === undefined) return absent(name);
  const { CertificateBody, CertificateChain } = found.config;
  const tags = await context.control.store.resources.tags(found.kind, found.account, found.id);
  return {
    kind: "ok",
    output: {
      ServerCertificate: {
        ServerCertificateMetadata: viewMetadata(found),
        CertificateBody,
        ...(CertificateChain === "" ? {} : { CertificateChain }),
        Tags: (tags ?? []).map(({ Key, Value }) => ({ Key, Value })),
      },
    },
  };
}

export async function listServerCertificates(input: WireDocument, context: NeighborContext): Promise<NeighborOutcome> {
  const prefix = textOf(input, "PathPrefix") || "/";
  const all = await listCertificates(context.control, context.caller.account, "iam");
  const page = cutPage(
    all.filter(({ config }) => config.Path.startsWith(prefix)),
    ({ config }) => config.Name,
    { marker: textOf(input, "Marker"), maxItems: Number(input["MaxItems"] ?? PAGE_DEFAULT) },
  );
  if (page === undefined) return invalidMarker();
  return {
    kind: "ok",
    output: {
      IsTruncated: page.marker !== undefined,
      ...(page.marker === undefined ? {} : { Marker: page.marker }),
      ServerCertificateMetadataList: page.items.map(viewMetadata),
    },
  };
}

/** Its name, its path, or both; its id stays, and with it who uses it. */
export async function updateServerCertificate(input: WireDocument, context: NeighborContext): Promise<NeighborOutcome> {
  const { control, caller, now } = context;
  const name = textOf(input, "ServerCertificateName");
  const found = await findByName(name, context);
  if (found === undefined) return absent(name);
  const Name = textOf(input, "NewServerCertificateName") || found.config.Name;
  const Path = textOf(input, "NewPath") || found.config.Path;
  if (!isForDistributions(Path) && (await findUsers(control, found.account, found.id)).length > 0) {
    return iamFailure(
      "InvalidInput",
      `The path of server certificate ${name} must go on beginning with /cloudfront/: a distribution uses it.`,
    );
  }
  const config = { ...found.config, Name, Path, Arn: serverCertificateArn(caller.account, Path, Name) };
  const updated = await control.store.resources.update(
    found,
    { config, claims: certificateClaims(config, control.limits) },
    now,
  );
  switch (updated.kind) {
    case "updated":
      return { kind: "ok" };
    case "absent":
      return absent(name);
    case "name-taken":
      return alreadyExists(Name);
    default:
      return iamFailure("ConcurrentModification", `Server certificate ${name} is being changed by another request.`);
  }
}

export async function deleteServerCertificate(input: WireDocument, context: NeighborContext): Promise<NeighborOutcome> {
  const { control, now } = context;
  const name = textOf(input, "ServerCertificateName");
  const found = await findByName(name, context);
  if (found === undefined) return absent(name);
  const { kind } = await control.store.resources.delete(found, now);
  switch (kind) {
    case "deleted":
      return { kind: "ok" };
    case "absent":
      return absent(name);
    case "in-use": {
      const [user = "CloudFront"] = await findUsers(control, found.account, found.id);
      return iamFailure(
        "DeleteConflict",
        `Certificate: ${found.id} is currently in use by ${user}. Please remove it first before deleting it from IAM.`,
      );
    }
    case "conflict":
      return iamFailure("ConcurrentModification", `Server certificate ${name} is being changed by another request.`);
  }
}

/** Which of IAM's certificates distributions can use. [IAMUG id_credentials_server-certs] */
function isForDistributions(path: string): boolean {
  return path.startsWith("/cloudfront/");
}

export async function findByName(name: string, { control, caller }: NeighborContext): Promise<Certificate | undefined> {
  const all = await listCertificates(control, caller.account, "iam");
  return all.find(({ config }) => config.Name.toLowerCase() === name.toLowerCase());
}

export function absent(name: string): NeighborFailure {
  return iamFailure("NoSuchEntity", `The Server Certificate with name ${name} cannot be found.`);
}

function alreadyExists(name: string): NeighborFailure {
  return iamFailure("EntityAlreadyExists", `The Server Certificate with name ${name} already exists.`);
}

export function invalidMarker(): NeighborFailure {
  return iamFailure("ValidationError", "Invalid Marker: it must be the Marker of an earlier page.");
}

function viewMetadata({ id, config }: Certificate): WireDocument {
  return {
    Path: config.Path,
    ServerCertificateName: config.Name,
    ServerCertificateId: id,
    Arn: config.Arn,
    UploadDate: formatInstant(config.SuppliedAt),
    Expiration: formatInstant(config.NotAfter),
  };
}
