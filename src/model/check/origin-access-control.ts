// An origin access control's config. Values that the API knows and this server does not carry out are refused by name, as
// not-carried-out.ts does for distributions. [CFMODEL OriginAccessControlConfig]

import { fail, type ApiFailure } from "../errors.ts";
import type { OriginAccessControlConfig } from "../origin-access-control.ts";
import { quoted } from "../sent-value.ts";
import { lengthOf } from "./text.ts";

const NAME_MAX = 64;
const DESCRIPTION_MAX = 256;

/** Each member whose values are only partly carried out. */
const CARRIED_OUT: Readonly<Partial<Record<keyof OriginAccessControlConfig, readonly string[]>>> = {
  SigningProtocol: ["sigv4"],
  SigningBehavior: ["always", "never", "no-override"],
  OriginAccessControlOriginType: ["s3"],
};

export function checkOriginAccessControlConfig(config: OriginAccessControlConfig): ApiFailure | undefined {
  const { Name, Description } = config;
  if (lengthOf(Name) < 1 || lengthOf(Name) > NAME_MAX || /\p{Cc}/u.test(Name)) {
    return fail("InvalidArgument", `The parameter Name must have 1 to ${NAME_MAX} printable characters.`);
  }
  if (lengthOf(Description) > DESCRIPTION_MAX) {
    return fail("InvalidArgument", `The parameter Description must have at most ${DESCRIPTION_MAX} characters.`);
  }
  for (const [member, values] of Object.entries(CARRIED_OUT)) {
    const value = config[member as keyof OriginAccessControlConfig];
    if (!values.includes(value)) {
      return fail(
        "InvalidArgument",
        `The parameter ${member} is ${quoted(value)}, which is not carried out by this server yet; send ${values.join(" or ")}.`,
      );
    }
  }
  return undefined;
}
