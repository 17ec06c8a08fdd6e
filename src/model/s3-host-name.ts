// Names by which a bucket is reached as a host, in all spellings that S3 has had, and our own below localhost. Shared by those who
// configure an origin, the edge that asks it and the bucket store that answers. A name that stands for the service and no
// bucket (`s3.amazonaws.com`) is none of these: there the bucket is in the path. [S3UG VirtualHosting]

/** `rest` is the API; `website` serves pages, is anonymous, and knows no signatures. [S3UG WebsiteEndpoints] */
export interface S3HostName {
  /** Lower case, as hosts are compared. */
  readonly bucket: string;
  readonly kind: "rest" | "website";
  /** As it is in the name; `undefined` where the name tells none. */
  readonly region: string | undefined;
}

/** What a bucket may be called, those of before 2018 included; DNS decides case. [S3UG bucketnamingrules] */
const BUCKET = String.raw`(?<bucket>[a-z0-9](?!.*\.\.)[a-z0-9._-]{1,253}[a-z0-9])`;
const REGION = String.raw`(?<region>[a-z]{2}(?:-[a-z]+)+-\d{1,2})`;
const DOMAIN = String.raw`amazonaws\.com(?:\.cn)?`;

/**
 * The bucket takes as much of the name as it can, since it may hold dots: `a.s3.s3.amazonaws.com` is the bucket `a.s3`.
 * `external-1` is how the first region was called.
 */
const REST = [
  String.raw`^${BUCKET}\.s3(?:-external-\d|-fips)?\.${DOMAIN}$`,
  String.raw`^${BUCKET}\.s3(?:-fips)?(?:\.dualstack)?\.${REGION}\.${DOMAIN}$`,
  String.raw`^${BUCKET}\.s3-${REGION}\.${DOMAIN}$`,
  String.raw`^${BUCKET}\.s3\.localhost$`,
].map((source) => new RegExp(source));

const WEBSITE = [
  String.raw`^${BUCKET}\.s3-website[.-]${REGION}\.${DOMAIN}$`,
  String.raw`^${BUCKET}\.s3-website\.localhost$`,
].map((source) => new RegExp(source));

/** No name of DNS is longer, so nothing longer is looked at. [RFC 1035 §2.3.4] */
const NAME_MAX = 253;

/** `host` with or without a port, in any case. `undefined`: it names no bucket. */
export function readS3HostName(host: string): S3HostName | undefined {
  const name = host.replace(/:\d{0,5}$/, "").replace(/\.$/, "");
  if (name.length > NAME_MAX || !/\.s3[.-]/i.test(name)) return undefined;
  const lower = name.toLowerCase();
  return find(lower, REST, "rest") ?? find(lower, WEBSITE, "website");
}

function find(name: string, patterns: readonly RegExp[], kind: S3HostName["kind"]): S3HostName | undefined {
  for (const pattern of patterns) {
    const groups = pattern.exec(name)?.groups;
    if (groups?.["bucket"] !== undefined) return { bucket: groups["bucket"], kind, region: groups["region"] };
  }
  return undefined;
}
