// The operations that are carried out, by their names on the wire. Those of the model that are not in this table answer
// that they are not built yet (serve.ts), and stand as absent in docs/compatibility.md.

import type { Operation } from "./context.ts";
import { createCloudFrontOriginAccessIdentity } from "./operations/create-cloud-front-origin-access-identity.ts";
import { createDistribution, createDistributionWithTags } from "./operations/create-distribution.ts";
import { createInvalidation } from "./operations/create-invalidation.ts";
import { createKeyGroup } from "./operations/create-key-group.ts";
import { createOriginAccessControl } from "./operations/create-origin-access-control.ts";
import { createPublicKey } from "./operations/create-public-key.ts";
import {
  createStreamingDistribution,
  createStreamingDistributionWithTags,
} from "./operations/create-streaming-distribution.ts";
import { deleteCloudFrontOriginAccessIdentity } from "./operations/delete-cloud-front-origin-access-identity.ts";
import { deleteDistribution } from "./operations/delete-distribution.ts";
import { deleteKeyGroup } from "./operations/delete-key-group.ts";
import { deleteOriginAccessControl } from "./operations/delete-origin-access-control.ts";
import { deletePublicKey } from "./operations/delete-public-key.ts";
import { deleteStreamingDistribution } from "./operations/delete-streaming-distribution.ts";
import {
  getCloudFrontOriginAccessIdentity,
  getCloudFrontOriginAccessIdentityConfig,
} from "./operations/get-cloud-front-origin-access-identity.ts";
import { getDistribution, getDistributionConfig } from "./operations/get-distribution.ts";
import { getInvalidation } from "./operations/get-invalidation.ts";
import { getKeyGroup, getKeyGroupConfig } from "./operations/get-key-group.ts";
import { getOriginAccessControl, getOriginAccessControlConfig } from "./operations/get-origin-access-control.ts";
import { getPublicKey, getPublicKeyConfig } from "./operations/get-public-key.ts";
import { getStreamingDistribution, getStreamingDistributionConfig } from "./operations/get-streaming-distribution.ts";
import { listCloudFrontOriginAccessIdentities } from "./operations/list-cloud-front-origin-access-identities.ts";
import {
  listDistributions,
  listDistributionsByKeyGroup,
  listDistributionsByWebAclId,
} from "./operations/list-distributions.ts";
import { listInvalidations } from "./operations/list-invalidations.ts";
import { listKeyGroups } from "./operations/list-key-groups.ts";
import { listOriginAccessControls } from "./operations/list-origin-access-controls.ts";
import { listPublicKeys } from "./operations/list-public-keys.ts";
import { listStreamingDistributions } from "./operations/list-streaming-distributions.ts";
import { listTagsForResource, tagResource, untagResource } from "./operations/tagging.ts";
import { updateCloudFrontOriginAccessIdentity } from "./operations/update-cloud-front-origin-access-identity.ts";
import { updateDistribution } from "./operations/update-distribution.ts";
import { updateKeyGroup } from "./operations/update-key-group.ts";
import { updateOriginAccessControl } from "./operations/update-origin-access-control.ts";
import { updatePublicKey } from "./operations/update-public-key.ts";
import { updateStreamingDistribution } from "./operations/update-streaming-distribution.ts";

export const OPERATIONS = {
  CreateCloudFrontOriginAccessIdentity: createCloudFrontOriginAccessIdentity,
  CreateDistribution: createDistribution,
  CreateDistributionWithTags: createDistributionWithTags,
  CreateInvalidation: createInvalidation,
  CreateKeyGroup: createKeyGroup,
  CreateOriginAccessControl: createOriginAccessControl,
  CreatePublicKey: createPublicKey,
  CreateStreamingDistribution: createStreamingDistribution,
  CreateStreamingDistributionWithTags: createStreamingDistributionWithTags,
  DeleteCloudFrontOriginAccessIdentity: deleteCloudFrontOriginAccessIdentity,
  DeleteDistribution: deleteDistribution,
  DeleteKeyGroup: deleteKeyGroup,
  DeleteOriginAccessControl: deleteOriginAccessControl,
  DeletePublicKey: deletePublicKey,
  DeleteStreamingDistribution: deleteStreamingDistribution,
  GetCloudFrontOriginAccessIdentity: getCloudFrontOriginAccessIdentity,
  GetCloudFrontOriginAccessIdentityConfig: getCloudFrontOriginAccessIdentityConfig,
  GetDistribution: getDistribution,
  GetDistributionConfig: getDistributionConfig,
  GetInvalidation: getInvalidation,
  GetKeyGroup: getKeyGroup,
  GetKeyGroupConfig: getKeyGroupConfig,
  GetOriginAccessControl: getOriginAccessControl,
  GetOriginAccessControlConfig: getOriginAccessControlConfig,
  GetPublicKey: getPublicKey,
  GetPublicKeyConfig: getPublicKeyConfig,
  GetStreamingDistribution: getStreamingDistribution,
  GetStreamingDistributionConfig: getStreamingDistributionConfig,
  ListCloudFrontOriginAccessIdentities: listCloudFrontOriginAccessIdentities,
  ListDistributions: listDistributions,
  ListDistributionsByKeyGroup: listDistributionsByKeyGroup,
  ListDistributionsByWebACLId: listDistributionsByWebAclId,
  ListInvalidations: listInvalidations,
  ListKeyGroups: listKeyGroups,
  ListOriginAccessControls: listOriginAccessControls,
  ListPublicKeys: listPublicKeys,
  ListStreamingDistributions: listStreamingDistributions,
  ListTagsForResource: listTagsForResource,
  TagResource: tagResource,
  UntagResource: untagResource,
  UpdateCloudFrontOriginAccessIdentity: updateCloudFrontOriginAccessIdentity,
  UpdateDistribution: updateDistribution,
  UpdateKeyGroup: updateKeyGroup,
  UpdateOriginAccessControl: updateOriginAccessControl,
  UpdatePublicKey: updatePublicKey,
  UpdateStreamingDistribution: updateStreamingDistribution,
} as const satisfies Record<string, Operation>;

/** `undefined`: the model has such an operation perhaps, this server does not carry it out yet. */
export function findOperation(name: string): Operation | undefined {
  return Object.hasOwn(OPERATIONS, name) ? OPERATIONS[name as keyof typeof OPERATIONS] : undefined;
}
