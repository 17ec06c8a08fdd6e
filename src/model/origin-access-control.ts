// An origin access control as it is stored: how the edge signs its requests to an origin. Names are the wire's [CFMODEL].

export interface OriginAccessControlConfig {
  readonly Name: string;
  readonly Description: string;
  readonly SigningProtocol: "sigv4";
  readonly SigningBehavior: "always" | "never" | "no-override";
  readonly OriginAccessControlOriginType: string;
}
