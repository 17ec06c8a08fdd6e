// Origins of a distribution: names, addresses, ports, protocols, timeouts and the headers that are added for them.
// [CFMODEL Origin], [CFDG distribution-web-values-specify], [CFDG add-origin-custom-headers]

import type { Limits } from "../../vocabulary/limits.ts";
import type { CustomOriginConfig, Origin, OriginCustomHeader, S3OriginConfig } from "../distribution.ts";
import { fail, type ApiFailure } from "../errors.ts";
import { quoted } from "../sent-value.ts";
import { checkOriginAccessControl, checkOriginAccessIdentity, isBucketDomainName } from "./s3-origin.ts";
import { checkRange, duplicateOf, findDuplicate, isAddress, isDomainName, isToken, lengthOf } from "./text.ts";

const ORIGIN_ID_MAX = 128;
const ORIGIN_PATH_MAX = 255;
const HEADER_NAME_MAX = 256;
const HEADER_VALUE_MAX = 1783;
const HEADERS_TOTAL_MAX = 10_240;

/** Seconds, both included. The upper bounds of the model of today and of the quota that could be raised before. */
const READ_TIMEOUT = { min: 1, max: 180 };
const KEEPALIVE_TIMEOUT = { min: 1, max: 120 };

/** Seconds, a day; the real service tells no upper bound. */
const COMPLETION_TIMEOUT_MAX = 86_400;

/** Names that the edge sets or needs itself. [CFDG add-origin-custom-headers] */
const FORBIDDEN_HEADERS: ReadonlySet<string> = new Set([
  "cache-control",
  "connection",
  "content-length",
  "cookie",
  "host",
  "if-match",
  "if-modified-since",
  "if-none-match",
  "if-range",
  "if-unmodified-since",
  "max-forwards",
  "pragma",
  "proxy-authorization",
  "proxy-connection",
  "range",
  "request-range",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "via",
  "x-real-ip",
]);
const FORBIDDEN_HEADER_PREFIXES = ["x-amz-", "x-edge-"];

/** Slash, then what may stand in a path of a URL, percent-encoded where needed, and no slash at the end. [RFC 3986 §3.3] */
const ORIGIN_PATH = /^\/(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[0-9A-Fa-f]{2})*(?<!\/)$/;

export function checkOrigins(origins: readonly Origin[], limits: Limits): ApiFailure | undefined {
  if (origins.length === 0) {
    return fail("InvalidArgument", "The parameter Origins is required: a distribution has at least one origin.");
  }
  if (origins.length > limits.originsPerDistributionMax) return fail("TooManyOrigins");
  for (const origin of origins) {
    const failure = checkOrigin(origin, limits);
    if (failure !== undefined) return failure;
  }
  const twice = findDuplicate(origins.map((origin) => origin.Id));
  return twice === undefined ? undefined : duplicateOf("Origins", twice);
}

/** 0 stands for no limit, which callers write who always send it. [CFMODEL Origin] */
function checkCompletionTimeout(origin: Origin): ApiFailure | undefined {
  const { ResponseCompletionTimeout: whole = 0, CustomOriginConfig, S3OriginConfig } = origin;
  const reading = CustomOriginConfig?.OriginReadTimeout ?? S3OriginConfig?.OriginReadTimeout ?? 30;
  return whole === 0 || (whole >= reading && whole <= COMPLETION_TIMEOUT_MAX)
    ? undefined
    : fail(
        "InvalidArgument",
        `The parameter ResponseCompletionTimeout of the origin ${quoted(origin.Id)} is ${whole}, and must be 0 for no limit, or from its OriginReadTimeout (${reading}) to ${COMPLETION_TIMEOUT_MAX} seconds.`,
      );
}

function checkOrigin(origin: Origin, limits: Limits): ApiFailure | undefined {
  return (
    checkId(origin.Id) ??
    checkDomainName(origin.DomainName) ??
    checkPath(origin) ??
    checkCustomHeaders(origin, limits) ??
    checkKind(origin) ??
    checkOriginAccessControl(origin) ??
    checkRange(origin.ConnectionAttempts, {
      name: `ConnectionAttempts of the origin ${quoted(origin.Id)}`,
      min: 1,
      max: 3,
    }) ??
    checkCompletionTimeout(origin) ??
    checkRange(origin.ConnectionTimeout, {
      name: `ConnectionTimeout of the origin ${quoted(origin.Id)}`,
      min: 1,
      max: 10,
    })
  );
}

function checkId(id: string): ApiFailure | undefined {
  if (id === "") return fail("InvalidArgument", "The parameter originId is required: send 1 to 128 characters.");
  return lengthOf(id) > ORIGIN_ID_MAX ? fail("InvalidArgument", "The parameter originId is too big.") : undefined;
}

/** A name of one label is let through, unlike on the real service: `localhost` is where a laptop's origins are. */
function checkDomainName(name: string): ApiFailure | undefined {
  if (name.includes(":")) return fail("InvalidArgument", "The parameter origin name cannot contain a colon.");
  if (isAddress(name)) return fail("InvalidArgument", "The parameter origin name cannot be an IP address");
  return isDomainName(name) ? undefined : fail("InvalidArgument", "The parameter origin name must be a domain name.");
}

function checkPath({ Id, OriginPath: path }: Origin): ApiFailure | undefined {
  if (path === "" || (ORIGIN_PATH.test(path) && path.length <= ORIGIN_PATH_MAX)) return undefined;
  return fail(
    "InvalidRelativePath",
    `The parameter OriginPath of the origin ${quoted(Id)} is ${quoted(path)}: it must be empty, or begin with a slash, not end with one, be URL-encoded and have at most ${ORIGIN_PATH_MAX} characters.`,
  );
}

function checkCustomHeaders({ Id, CustomHeaders }: Origin, limits: Limits): ApiFailure | undefined {
  const headers = CustomHeaders.Items ?? [];
  if (headers.length > limits.originCustomHeadersMax) {
    return fail(
      "TooManyOriginCustomHeaders",
      `The origin ${quoted(Id)} has ${headers.length} custom headers; at most ${limits.originCustomHeadersMax} are allowed.`,
    );
  }
  for (const header of headers) {
    const failure = checkCustomHeader(header);
    if (failure !== undefined) return failure;
  }
  const total = headers.reduce((sum, { HeaderName, HeaderValue }) => sum + HeaderName.length + HeaderValue.length, 0);
  if (total > HEADERS_TOTAL_MAX) {
    return fail(
      "InvalidArgument",
      `The custom headers of the origin ${quoted(Id)} have ${total} characters; names and values together may have ${HEADERS_TOTAL_MAX}.`,
    );
  }
  const twice = findDuplicate(headers.map(({ HeaderName }) => HeaderName.toLowerCase()));
  return twice === undefined ? undefined : duplicateOf("CustomHeaders", twice);
}

function checkCustomHeader({ HeaderName: name, HeaderValue: value }: OriginCustomHeader): ApiFailure | undefined {
  const lower = name.toLowerCase();
  const isForbidden =
    !isToken(name) ||
    name.length > HEADER_NAME_MAX ||
    FORBIDDEN_HEADERS.has(lower) ||
    FORBIDDEN_HEADER_PREFIXES.some((prefix) => lower.startsWith(prefix));
  if (isForbidden) {
    const shown = isToken(name) && name.length <= HEADER_NAME_MAX ? name : quoted(name);
    return fail("InvalidArgument", `The parameter Header Name with value ${shown} is not allowed.`);
  }
  // A line end would begin a header of its own; other control characters have no meaning in a field. [RFC 9110 §5.5]
  const isValid = value.length <= HEADER_VALUE_MAX && /^[\t\x20-\x7e\x80-\xff]*$/.test(value) && value === value.trim();
  return isValid
    ? undefined
    : fail(
        "InvalidArgument",
        `The parameter HeaderValue of the custom header ${name} must have at most ${HEADER_VALUE_MAX} printable characters, without a space at either end.`,
      );
}

function checkKind(origin: Origin): ApiFailure | undefined {
  const { S3OriginConfig: s3, CustomOriginConfig: custom } = origin;
  if (s3 !== undefined && custom === undefined) return checkS3(origin, s3);
  if (custom !== undefined && s3 === undefined) return checkCustom(origin.Id, custom);
  return fail("InvalidArgument", "Exactly one of CustomOriginConfig and S3OriginConfig must be specified");
}

function checkS3({ Id, DomainName }: Origin, s3: S3OriginConfig): ApiFailure | undefined {
  if (!isBucketDomainName(DomainName)) {
    return fail("InvalidArgument", "The parameter Origin DomainName does not refer to a valid S3 bucket.");
  }
  return (
    checkOriginAccessIdentity(s3.OriginAccessIdentity) ??
    (s3.OriginReadTimeout === undefined ? undefined : checkReadTimeout(Id, s3.OriginReadTimeout))
  );
}

function checkCustom(id: string, custom: CustomOriginConfig): ApiFailure | undefined {
  const protocols = custom.OriginSslProtocols.Items ?? [];
  const twice = findDuplicate(protocols);
  return (
    checkPort(custom.HTTPPort, `HTTPPort of the origin ${quoted(id)}`) ??
    checkPort(custom.HTTPSPort, `HTTPSPort of the origin ${quoted(id)}`) ??
    (protocols.length === 0 ? fail("InvalidArgument", "The parameter OriginSslProtocols is required.") : undefined) ??
    (twice === undefined ? undefined : duplicateOf("OriginSslProtocols", twice)) ??
    checkReadTimeout(id, custom.OriginReadTimeout) ??
    checkKeepaliveTimeout(id, custom.OriginKeepaliveTimeout)
  );
}

function checkPort(port: number, name: string): ApiFailure | undefined {
  return port === 80 || port === 443 || (port >= 1024 && port <= 65_535)
    ? undefined
    : fail("InvalidArgument", `The parameter ${name} is ${port}, and must be 80, 443 or from 1024 to 65535.`);
}

function checkReadTimeout(id: string, timeoutSeconds: number): ApiFailure | undefined {
  const { min, max } = READ_TIMEOUT;
  return timeoutSeconds >= min && timeoutSeconds <= max
    ? undefined
    : fail(
        "InvalidOriginReadTimeout",
        `The parameter OriginReadTimeout of the origin ${quoted(id)} is ${timeoutSeconds}, and must be from ${min} to ${max} seconds.`,
      );
}

function checkKeepaliveTimeout(id: string, timeoutSeconds: number): ApiFailure | undefined {
  const { min, max } = KEEPALIVE_TIMEOUT;
  return timeoutSeconds >= min && timeoutSeconds <= max
    ? undefined
    : fail(
        "InvalidOriginKeepaliveTimeout",
        `The parameter OriginKeepaliveTimeout of the origin ${quoted(id)} is ${timeoutSeconds}, and must be from ${min} to ${max} seconds.`,
      );
}
