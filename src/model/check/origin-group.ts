// Origin groups: two origins each, and when the second one is asked. [CFMODEL OriginGroup],
// [CFDG high_availability_origin_failover]

import type { Limits } from "../../vocabulary/limits.ts";
import type { DistributionConfig, OriginGroup } from "../distribution.ts";
import { fail, type ApiFailure } from "../errors.ts";
import { quoted } from "../sent-value.ts";
import { duplicateOf, findDuplicate, lengthOf } from "./text.ts";

const ID_MAX = 128;
/** A primary and a secondary. */
const MEMBERS = 2;
/** Those that the guide lists today; the first lists were shorter. */
const FAILOVER_CODES = [400, 403, 404, 416, 500, 502, 503, 504];

/** The origins themselves have been checked. */
export function checkOriginGroups(config: DistributionConfig, limits: Limits): ApiFailure | undefined {
  const groups = config.OriginGroups.Items ?? [];
  if (groups.length > limits.originGroupsPerDistributionMax) return fail("TooManyOriginGroupsPerDistribution");
  const originIds = (config.Origins.Items ?? []).map((origin) => origin.Id);
  for (const group of groups) {
    const failure = checkGroup(group, new Set(originIds));
    if (failure !== undefined) return failure;
  }
  // A behavior names either by its id, so the two share one space.
  const twice = findDuplicate([...originIds, ...groups.map((group) => group.Id)]);
  return twice === undefined ? undefined : duplicateOf("OriginGroups", twice);
}

function checkGroup(group: OriginGroup, originIds: ReadonlySet<string>): ApiFailure | undefined {
  const { Id, Members, FailoverCriteria } = group;
  if (Id === "" || lengthOf(Id) > ID_MAX) {
    return fail(
      "InvalidArgument",
      `The parameter Id of an origin group is ${quoted(Id)}: it must have 1 to ${ID_MAX} characters.`,
    );
  }
  const members = (Members.Items ?? []).map(({ OriginId }) => OriginId);
  if (members.length !== MEMBERS) {
    return fail(
      "InvalidArgument",
      `The parameter Members of the origin group ${quoted(Id)} has ${members.length} origins, and must have ${MEMBERS}: the primary and the secondary.`,
    );
  }
  if (members.some((member) => !originIds.has(member))) return fail("NoSuchOrigin");
  const twice = findDuplicate(members);
  if (twice !== undefined) return duplicateOf(`Members of the origin group ${quoted(Id)}`, twice);
  return checkCodes(group, FailoverCriteria.StatusCodes.Items ?? []);
}

function checkCodes({ Id }: OriginGroup, codes: readonly number[]): ApiFailure | undefined {
  const wrong = codes.find((code) => !FAILOVER_CODES.includes(code));
  if (codes.length === 0 || wrong !== undefined) {
    const found = wrong === undefined ? "has no code" : `has ${wrong}`;
    return fail(
      "InvalidArgument",
      `The parameter StatusCodes of the origin group ${quoted(Id)} ${found}, and must have one or more of ${FAILOVER_CODES.join(", ")}.`,
    );
  }
  const twice = findDuplicate(codes.map(String));
  return twice === undefined ? undefined : duplicateOf(`StatusCodes of the origin group ${quoted(Id)}`, twice);
}
