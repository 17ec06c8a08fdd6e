// IAM as far as CloudFront needs it: server certificates, and who the caller is for clients that ask IAM instead of STS.
// Version 2010-05-08 of the query protocol. [IAMAPI UploadServerCertificate] and its neighbors

import type { MemberSpec, MemberSpecs } from "../../wire/member-constraints.ts";
import type { QueryOperation, QueryService } from "../query-protocol.ts";
import { changeServerCertificateTags, listServerCertificateTags } from "./server-certificate-tags.ts";
import {
  deleteServerCertificate,
  getServerCertificate,
  listServerCertificates,
  serverCertificateArn,
  updateServerCertificate,
  uploadServerCertificate,
} from "./server-certificates.ts";
import { getUser, listRoles } from "./users.ts";

/** [IAMAPI UploadServerCertificate] */
const NAME: MemberSpec = { type: "text", min: 1, max: 128, pattern: /[\w+=,.@-]+/ };
const PATH: MemberSpec = { type: "text", min: 1, max: 512, pattern: /(\u002F)|(\u002F[\u0021-\u007E]+\u002F)/ };
const PATH_PREFIX: MemberSpec = { type: "text", min: 1, max: 512, pattern: /\u002F[\u0021-\u007F]*/ };
const PEM: MemberSpec = { type: "text", min: 1, max: 16_384 };
const CHAIN: MemberSpec = { type: "text", min: 1, max: 2_097_152 };
const TAGS: MemberSpec = {
  type: "documents",
  members: { Key: { type: "text", required: true, min: 1 }, Value: { type: "text", required: true } },
};
const PAGE: MemberSpecs = {
  Marker: { type: "text", min: 1, max: 320 },
  MaxItems: { type: "integer", min: 1, max: 1000 },
};
const REQUIRED_NAME: MemberSpec = { ...NAME, required: true };

const certificateResource: QueryOperation["resource"] = (input, { caller }) => {
  const { Path: path, ServerCertificateName: name } = input;
  return serverCertificateArn(
    caller.account,
    typeof path === "string" ? path : "/",
    typeof name === "string" ? name : "*",
  );
};
const userResource: QueryOperation["resource"] = (_input, { caller }) =>
  `arn:aws:iam::${caller.account}:user/${caller.userName}`;

/** An operation on server certificates. */
function ofCertificates(members: MemberSpecs, operate: QueryOperation["operate"]): QueryOperation {
  return { members, operate, resource: certificateResource };
}

export const IAM: QueryService = {
  name: "iam",
  namespace: "https://iam.amazonaws.com/doc/2010-05-08/",
  operations: {
    UploadServerCertificate: ofCertificates(
      {
        ServerCertificateName: REQUIRED_NAME,
        Path: PATH,
        CertificateBody: { ...PEM, required: true },
        PrivateKey: { ...PEM, required: true },
        CertificateChain: CHAIN,
        Tags: TAGS,
      },
      uploadServerCertificate,
    ),
    GetServerCertificate: ofCertificates({ ServerCertificateName: REQUIRED_NAME }, getServerCertificate),
    ListServerCertificates: ofCertificates({ PathPrefix: PATH_PREFIX, ...PAGE }, listServerCertificates),
    UpdateServerCertificate: ofCertificates(
      { ServerCertificateName: REQUIRED_NAME, NewPath: PATH, NewServerCertificateName: NAME },
      updateServerCertificate,
    ),
    DeleteServerCertificate: ofCertificates({ ServerCertificateName: REQUIRED_NAME }, deleteServerCertificate),
    TagServerCertificate: ofCertificates(
      { ServerCertificateName: REQUIRED_NAME, Tags: { ...TAGS, required: true } },
      changeServerCertificateTags,
    ),
    UntagServerCertificate: ofCertificates(
      { ServerCertificateName: REQUIRED_NAME, TagKeys: { type: "texts", required: true } },
      changeServerCertificateTags,
    ),
    ListServerCertificateTags: ofCertificates(
      { ServerCertificateName: REQUIRED_NAME, ...PAGE },
      listServerCertificateTags,
    ),
    GetUser: { members: { UserName: NAME }, resource: userResource, operate: getUser },
    ListRoles: {
      members: { PathPrefix: PATH_PREFIX, ...PAGE },
      resource: (_input, { caller }) => `arn:aws:iam::${caller.account}:role/`,
      operate: listRoles,
    },
  },
};
