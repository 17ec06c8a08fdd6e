// What a request's target and authority may be made of, for the readers of every protocol version.

/** Visible ASCII but `#`: wider than [RFC 3986 §3.3], because browsers send `|`, `^` and the like unencoded. */
export const ORIGIN_FORM = /^\/[!"$-~]*$/;

/** Host and port, without user information [RFC 9110 §4.2.4]. */
export const AUTHORITY = /^(?:\[[0-9A-Fa-f:.]+\]|(?:[A-Za-z0-9\-._~!$&'()*+,;=]|%[0-9A-Fa-f]{2})+)(?::[0-9]{0,5})?$/;
