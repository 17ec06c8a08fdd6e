// Where CloudFront departs from the RFCs, one of the two has to win. Which one is a setting of the server.

/**
 * `cloudfront`: what the real service does, also where RFC 9110 or 9111 say otherwise. `rfc9111`: the RFC rules wherever
 * the two differ, for those who run a CDN of their own and owe nobody CloudFront's habits. [D-0007]
 */
export type Fidelity = "cloudfront" | "rfc9111";

export const FIDELITIES = ["cloudfront", "rfc9111"] as const satisfies readonly Fidelity[];
