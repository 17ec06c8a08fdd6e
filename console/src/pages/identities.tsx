// As whom the edge asks buckets: origin access identities, which a bucket's policy names, and origin access controls, by which it asks in
// the name of the distribution.

import { listAll } from "../frame/ask.ts";
import { newReference } from "../parts/new-reference.ts";
import { PageHead } from "../parts/page-head.tsx";
import type { ResourceKind } from "../parts/resource-kind.ts";
import { Resources } from "../parts/resources.tsx";
import type { Choice } from "../parts/several.tsx";

interface Identity {
  readonly Id: string;
  readonly S3CanonicalUserId: string;
  readonly Comment: string;
}

interface Control {
  readonly Id: string;
  readonly Name: string;
  readonly Description: string;
  readonly SigningBehavior: string;
  readonly OriginAccessControlOriginType: string;
}

const IDENTITIES: ResourceKind<Identity> = {
  resource: "CloudFrontOriginAccessIdentity",
  title: "Origin access identities",
  one: "identity",
  about: "A bucket's policy grants to an identity what its distributions may read.",
  list: () => listAll<Identity>("ListCloudFrontOriginAccessIdentities", "CloudFrontOriginAccessIdentityList"),
  columns: [
    { heading: "Identity", cell: ({ Id }) => <span class="mono">{Id}</span> },
    { heading: "Comment", cell: ({ Comment }) => Comment },
    {
      heading: "Principal in a policy",
      cell: ({ Id }) => <code>{`arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity ${Id}`}</code>,
    },
  ],
  idOf: ({ Id }) => Id,
  nameOf: ({ Comment, Id }) => Comment || Id,
  fields: [
    {
      member: "Comment",
      label: "Comment",
      hint: "What you know it by",
      kind: "text",
      isOptional: true,
      refused: /Comment/,
    },
  ],
  blank: () => ({ CallerReference: `console-${newReference()}`, Comment: "" }),
};

/** When the edge signs what it asks. [CFMODEL OriginAccessControlSigningBehaviors] */
const SIGNING: readonly Choice[] = [
  { value: "always", label: "Always" },
  { value: "no-override", label: "Unless the viewer sends Authorization" },
  { value: "never", label: "Never: the control is off" },
];

const CONTROLS: ResourceKind<Control> = {
  resource: "OriginAccessControl",
  title: "Origin access controls",
  one: "access control",
  about:
    "With one, the edge asks a bucket in the distribution's own name: the policy's principal is cloudfront.amazonaws.com, its condition AWS:SourceArn.",
  list: () => listAll<Control>("ListOriginAccessControls", "OriginAccessControlList"),
  columns: [
    { heading: "Control", cell: ({ Id }) => <span class="mono">{Id}</span> },
    { heading: "Name", cell: ({ Name }) => Name },
    { heading: "Signs", cell: ({ SigningBehavior }) => SigningBehavior },
    { heading: "For", cell: ({ OriginAccessControlOriginType }) => OriginAccessControlOriginType },
  ],
  idOf: ({ Id }) => Id,
  nameOf: ({ Name }) => Name,
  fields: [
    { member: "Name", label: "Name", kind: "text", refused: /parameter Name|same name/i },
    { member: "Description", label: "Description", kind: "text", isOptional: true, refused: /Description/ },
    {
      member: "SigningBehavior",
      label: "The edge signs",
      kind: "one",
      choices: async () => SIGNING,
      refused: /SigningBehavior/,
    },
  ],
  blank: () => ({
    Name: "",
    Description: "",
    SigningProtocol: "sigv4",
    SigningBehavior: "always",
    OriginAccessControlOriginType: "s3",
  }),
};

export function Page() {
  return (
    <>
      <PageHead title="Identities" />
      <Resources kind={IDENTITIES} />
      <Resources kind={CONTROLS} />
    </>
  );
}
