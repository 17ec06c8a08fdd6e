// The rules of CloudFront's edge for custom origins, in our words, and what shows that this edge keeps them: claims of
// scenarios, which can be played anywhere, and where none can be made of a rule, a test of this program. A test holds
// this table against the pages, docs/behavior-suite.md is made of it, and `npm run behavior` reports by it.

export interface Rule {
  readonly rule: string;
  /** Claims of scenarios; `…` stands for any text. */
  readonly shown: readonly string[];
  /** Of tests that are no scenarios, `page: its title` or a beginning of it. */
  readonly tests?: readonly string[];
}

export interface RuleSection {
  readonly section: string;
  readonly about: string;
  readonly rules: readonly Rule[];
}

function rule(text: string, shown: readonly string[], tests?: readonly string[]): Rule {
  return { rule: text, shown, ...(tests !== undefined && { tests }) };
}

export const RULE_SECTIONS: readonly RuleSection[] = [
  {
    section: "1.1",
    about: "Host to distribution",
    rules: [
      rule(
        "Host selects the distribution, by its own name or an alias, without regard to case and port",
        ["a distribution answers to its own names, and to no other", "www.behavior.example answers for …"],
        ["methods: hosts are found by name alone"],
      ),
      rule("A wildcard alias covers names of any depth below it, and not the name itself", [
        "*.behavior.example answers for …",
      ]),
      rule(
        "The most specific alias wins; a disabled distribution keeps its names",
        [],
        ["routing: the most specific alias wins"],
      ),
      rule("An unknown host is refused with 403", ["an unknown host is answered 403 by the edge itself"]),
      rule("A disabled distribution serves nobody", ["a disabled distribution serves nobody, …"]),
      rule("A request that came through two distributions is refused with 403", [
        "a request that came through two distributions goes no further",
      ]),
      rule("HTTP/1.1 without Host is refused with 400", ["a request without Host is answered 400, …"]),
      rule("What a distribution protects by means that are not enforced is not served", [
        "content that … protects is not served while that is not enforced",
        "a protected behavior does not close the others, …",
      ]),
    ],
  },
  {
    section: "1.2",
    about: "Path patterns",
    rules: [
      rule("Behaviors are tried in their order; the first that matches applies, the default one last", [
        "the first behavior that matches applies, whatever matches later",
      ]),
      rule("Patterns match the whole path, by case, with or without leading slash", [
        "images/*.jpg takes …",
        "*.jpg takes …",
        "/exact takes …",
        "/a/* takes …",
      ]),
      rule("* is any run of characters, slashes too", ["/images/*.jpg takes …", "/* takes …"]),
      rule("? is exactly one character", ["/a??.jpg takes …", "*.doc? takes …"]),
      rule("Query, cookies and headers do not count", ["/exact takes …"]),
      rule("The path is normalized for matching alone; the origin gets it raw", [
        "/private/* takes …",
        "a path is normalized for matching alone: …",
      ]),
    ],
  },
  {
    section: "1.3",
    about: "Default root object",
    rules: [
      rule("It stands in for / alone, whatever the method, in key and behavior too", [
        "the default root object stands in for the root alone, …",
      ]),
      rule("It is invalidated by its own path", ["the default root object goes by its own path, …"]),
    ],
  },
  {
    section: "1.4",
    about: "URLs",
    rules: [
      rule("URLs are stored exactly as given", [
        "paths are stored exactly as given",
        "/a… do not share a page where the whole query counts",
      ]),
    ],
  },
  {
    section: "2.1",
    about: "Methods",
    rules: [
      rule("A method that the behavior does not allow is refused with 403", [
        "where … are allowed every other method is refused",
        "methods that the behavior does not allow are refused",
      ]),
      rule("Methods that no distribution allows are refused with 403", [
        "TRACE is answered 403 by the edge itself",
        "a method that no distribution allows is refused, not redirected",
        "a method that does not exist is answered 403 by the edge itself",
      ]),
      rule("Answers to GET and HEAD are cached, to OPTIONS where that is set, to no other", [
        "only GET, HEAD and, where it is cached, OPTIONS are answered from the cache",
      ]),
      rule("GET and HEAD share a stored response; OPTIONS has its own", [
        "HEAD and GET share a stored response; …",
        "OPTIONS is stored apart from GET where it is cached",
      ]),
      rule("A GET with a body is refused with 403", ["a GET with a body is answered 403 by the edge itself"]),
      rule("Bodies of other methods go along", ["a body goes along with the methods that may have one"]),
    ],
  },
  {
    section: "2.2",
    about: "Limits of a request",
    rules: [
      rule(
        "A URL of more than 8,192 bytes is answered 413, and the connection ends",
        ["a URL of more than 8,192 bytes is answered 413, …"],
        ["methods: a URL may have 8,192 bytes"],
      ),
      rule(
        "Request line and headers of more than 20,480 bytes are answered 413, and the connection ends",
        ["headers of more than 20,480 bytes is answered 413, …"],
        ["methods: request line and header section may have 20,480 bytes"],
      ),
      rule(
        "What is no request is refused, and the connection ends",
        [
          "… is answered 400, and the connection ends",
          "… is answered 501, and the connection ends",
          "… is answered 505, and the connection ends",
          "… is answered 417, and the connection ends",
          "OPTIONS of the server as a whole is answered 400 by the edge itself",
        ],
        ["desync: each classic desync is refused"],
      ),
    ],
  },
  {
    section: "2.3",
    about: "Versions of HTTP",
    rules: [
      rule("HTTP/1.0 is served, uncompressed, its connection by its own rules", [
        "HTTP/1.0 gets the same pages, …",
        "HTTP/1.0 viewers are not asked for in gzip, …",
        "nothing is compressed where the viewer speaks HTTP/1.0",
      ]),
      rule("HTTP/2 is served over TLS where the distribution has it", [
        "a viewer of HTTP/2 and one of HTTP/1.1 share a page",
        "over HTTP/2 conditions, ranges, refusals and what is posted are as over HTTP/1.1",
        "HTTP/2 is not offered where the distribution does not have it",
      ]),
      rule("Origins are always spoken to in HTTP/1.1", [
        "an origin that answers with HTTP/1.0 gives a 200",
        "the origin sees the edge, not the viewer",
      ]),
    ],
  },
  {
    section: "2.4",
    about: "Viewer protocol policy",
    rules: [
      rule("allow-all serves both schemes", ["… is answered 200 where the policy is allow-all"]),
      rule("https-only refuses HTTP with 403", [
        "… is answered 403 where the policy is https-only",
        "HTTP is refused where only HTTPS is allowed",
        "HTTP where https-only is set is answered 403 by the edge itself",
      ]),
      rule("redirect-to-https redirects GET and HEAD with 301, the other methods with 307", [
        "… is answered 301 where …",
        "… over HTTP/1.1 is answered 307 where …",
      ]),
      rule("Methods other than GET and HEAD over HTTP/1.0 are refused instead", [
        "… over HTTP/1.0 is answered 403 where the policy is redirect-to-https",
      ]),
      rule(
        "A redirect keeps host, path and query, and is the edge's own answer",
        ["HTTP is redirected to the public HTTPS port with path and query"],
        ["methods: a redirect has the real service's page of 167 bytes"],
      ),
    ],
  },
  {
    section: "2.5",
    about: "Other rules of requests",
    rules: [
      rule("A viewer cannot force the edge to ask again", [
        "a viewer cannot force the edge to ask again",
        "what a viewer says of caching forces nothing, and reaches the origin",
      ]),
      rule("Schemes share a page unless CloudFront-Forwarded-Proto is in the key", ["the scheme is not in the key, …"]),
      rule(
        "When the viewer leaves a fetch that nobody else reads, nothing is stored",
        [],
        ["wire: a viewer who leaves takes the origin's fetch along"],
      ),
    ],
  },
  {
    section: "3.1",
    about: "Headers on their way to the origin",
    rules: [
      rule("Each header is kept, removed or replaced by the table", [
        "… on its way to the origin",
        "… is there in any case",
        "the origin sees the edge, not the viewer",
      ]),
      rule("A listed header is forwarded as the viewer sent it", [
        "… on its way to the origin where … is listed",
        "… is not sent where it is listed and the viewer sends none",
      ]),
      rule("Authorization goes along by method and by whether OPTIONS is cached", [
        "Authorization of a … where OPTIONS is …",
      ]),
      rule(
        "Host is the origin's domain name unless it is listed",
        ["the origin sees the edge, not the viewer"],
        ["request-headers: Host is the origin's domain"],
      ),
      rule("Names of listed headers count without case, values with it", [
        "names of listed headers compare without case, values with it, and order does not count",
      ]),
      rule("With all headers forwarded the viewer's go along, but for those of the connection", [
        "with all headers forwarded the viewer's own go along, …",
      ]),
      rule("A method named in a header does not count", ["a method named in a header is not the request's"]),
    ],
  },
  {
    section: "3.2",
    about: "X-Forwarded-For, Via, request id",
    rules: [
      rule("The viewer's address is appended to X-Forwarded-For", [
        "X-Forwarded-For: …",
        "X-Forwarded-For is there in any case",
      ]),
      rule("Via tells the viewer's version and the edge", [
        "Via tells the origin that the viewer spoke …",
        "Via: 1.0 proxy is …",
      ]),
      rule("X-Amz-Cf-Id is the edge's", ["X-Amz-Cf-Id: theirs is …", "X-Amz-Cf-Id is there in any case"]),
    ],
  },
  {
    section: "3.3",
    about: "Origin custom headers",
    rules: [
      rule("They are on every request, and overwrite the viewer's", [
        "the origin's own … overwrites the viewer's, listed or not",
      ]),
    ],
  },
  {
    section: "3.4",
    about: "CloudFront-* headers",
    rules: [
      rule("Each says what the edge knows of the viewer", ["CloudFront-…, when listed, is …"]),
      rule("They are there only where listed, whatever the viewer sends", [
        "a header of the edge's that is not listed reaches no origin",
        "CloudFront-Viewer-Country, when listed, is …",
      ]),
      rule("What is listed selects the stored response", ["what is listed selects the stored response: …"]),
    ],
  },
  {
    section: "4.1",
    about: "Cache key",
    rules: [
      rule("The key is distribution and path; scheme and alias are not in it", [
        "the scheme is not in the key, nor the name by which the distribution was found",
        "paths are stored exactly as given",
      ]),
    ],
  },
  {
    section: "4.2",
    about: "ForwardedValues",
    rules: [
      rule("Without QueryString the query is neither in the key nor forwarded", [
        "the query is not in the key and not forwarded unless the behavior says so",
      ]),
      rule("With it the whole query is both, by its order and case", [
        "a forwarded query separates pages, by its order too",
        "/a… a page where the whole query counts",
      ]),
      rule("With QueryStringCacheKeys only those separate, and the origin gets all", [
        "with listed parameters only those separate, and the origin gets all",
        "/a… a page where a count",
        "/a… a page where a and b count",
        "/a… a page where b%20c count",
      ]),
      rule("Without cookie forwarding, cookies are stripped both ways", [
        "cookies are stripped both ways unless the behavior forwards them",
        "Set-Cookie is stripped past the cache too, …",
      ]),
      rule("Listed cookies, with wildcards in their names, are forwarded sorted, and separate pages", [
        "listed cookies are forwarded in order of name and separate pages; …",
        "of Cookie: … the origin gets …",
      ]),
      rule("With cookies forwarded, viewers' conditions are not supported", [
        "with cookies forwarded a viewer's If-None-Match and If-Modified-Since are not supported: …",
      ]),
      rule(
        "With cookies forwarded, Set-Cookie is kept with the page and replayed",
        ["listed cookies are forwarded in order of name and separate pages; …"],
        ["response-headers: several Set-Cookie are replayed"],
      ),
      rule("Listed headers separate pages and reach the origin", [
        "listed headers separate pages and reach the origin",
      ]),
      rule("With all headers forwarded nothing is stored", ["with all headers forwarded nothing is stored"]),
    ],
  },
  {
    section: "4.3",
    about: "Accept-Encoding in the key",
    rules: [
      rule("Viewers with and without gzip have pages of their own; the origin is asked for gzip or for none", [
        "viewers that take gzip and those that do not have pages of their own",
        "Accept-Encoding: … on its way to the origin",
      ]),
    ],
  },
  {
    section: "5.1",
    about: "Freshness",
    rules: [
      rule("s-maxage, max-age, Expires count in this order, between MinTTL and MaxTTL", ["TTLs … keep a page for … s"]),
      rule("Without any of them DefaultTTL counts, and MinTTL where that is more", [
        'TTLs 0/100/1000 with "" keep …',
        'TTLs 50/20/1000 with "" keep …',
      ]),
      rule("no-cache, no-store and private mean MinTTL", [
        "Cache-Control: … with MinTTL 0 goes to the origin every time",
        'TTLs 7/100/1000 with "Cache-Control: no-store" keep …',
      ]),
      rule('no-cache="Set-Cookie" keeps the page without its cookies', [
        'no-cache="Set-Cookie" keeps the page without its cookies',
        'Cache-Control: no-cache="Set-Cookie" keeps …',
      ]),
      rule("With all TTLs 0 nothing is stored", ["with all TTLs 0 nothing is stored, whatever the origin says"]),
      rule("Redirects are cached and never followed; 307 and 308 only with Cache-Control", [
        "a 3… the second time, and never followed",
      ]),
      rule("Vary: * with MinTTL 0 goes to the origin every time, without conditions", [
        "Vary: * with MinTTL 0 goes to the origin every time",
      ]),
      rule("Vary does not select; the key does", ["by CloudFront not: Vary selects among what is stored"]),
      rule("Cache-Control and Expires reach viewers as the origin sent them", [
        "of Cache-Control: … viewers see …",
        "of Expires: … viewers see …",
      ]),
      rule(
        "An Age of the origin counts",
        ["an Age that the origin sends is added to, …"],
        ["response-headers: an Age that the origin sends counts"],
      ),
    ],
  },
  {
    section: "5.2",
    about: "Validation",
    rules: [
      rule("What has expired is validated; a 304 makes it a RefreshHit", [
        "an expired page is validated, and a 304 makes it fresh again",
        "no-cache with a validator is validated on every request",
        "a 304 about another representation confirms nothing: …",
      ]),
      rule("A viewer's condition on a fresh page is answered by the edge", [
        "a viewer's condition on a fresh page is answered by the edge",
      ]),
      rule("On a miss it is the origin's to judge", [
        "a viewer's condition on a miss is the origin's to judge, and its 304 is not stored",
        "a 412 to one viewer's condition is no other's",
        "a 412 to one viewer's condition is no other's, with cookies forwarded either",
      ]),
      rule("Age is there on hits, and not on misses", [
        "a page is a miss, then a hit with its age, then a miss again when it has expired",
        "X-Cache and Age of a miss, …",
      ]),
    ],
  },
  {
    section: "5.3",
    about: "Stale pages",
    rules: [
      rule("When the origin fails with a 5xx or cannot be reached, what has expired is served", [
        "when the origin answers 503, what has expired is served, …",
        "what has expired is served when nothing listens at the origin",
      ]),
      rule("The origin is left alone for ErrorCachingMinTTL then", [
        "ErrorCachingMinTTL says for how long the origin is left alone",
      ]),
      rule("A 4xx is the viewer's", ["a 4xx takes the place of what has expired"]),
      rule("stale-if-error bounds it, and forbids it with 0", [
        "…, expired for …, is … when the origin fails",
        "an error is not served stale",
        "a response that is only kept to be validated is not served when the origin fails",
      ]),
      rule(
        "Within stale-while-revalidate the stale page is served at once, and refreshed behind it",
        ["within stale-while-revalidate viewers get the stale page at once, …"],
        ["stale: within stale-while-revalidate the stale page is served at once"],
      ),
    ],
  },
  {
    section: "5.4",
    about: "Errors in the cache",
    rules: [
      rule("404, 414, 500, 501, 502, 503 and 504 are kept for 10 s, or ErrorCachingMinTTL", [
        'a … with "…" stays for 10 s',
        'a … with "…" and ErrorCachingMinTTL … stays for … s',
        "a minimum counts for its own status only, …",
        "an origin that is down is a 502, kept for a while like other errors",
      ]),
      rule("400, 403, 405, 412 and 415 only where the origin sends max-age or s-maxage", [
        "a 40… stays for 0 s",
        'a 412 with "max-age=50" stays for 50 s',
        "a 415 …",
        "a 405 …",
        "a 403 …",
      ]),
      rule("416 is never kept, nor is any other error", [
        "a 416 … stays for 0 s",
        "a 410 … stays for 0 s",
        "a 418 … stays for 0 s",
        "a 429 … stays for 0 s",
      ]),
      rule("max-age beyond the minimum counts, up to MaxTTL", [
        'a 404 with "max-age=100" and …',
        'a 404 with "max-age=2000" …',
        "what an error states is bounded by MaxTTL of the behavior that serves the page",
      ]),
      rule("An error is invalidated by the URL that was asked for", [
        "an error is invalidated by the URL that was asked for",
      ]),
    ],
  },
  {
    section: "5.5",
    about: "Several viewers at once",
    rules: [
      rule(
        "Of several who miss the same page one goes to the origin, and all get what it brings: one miss, the others hits",
        [
          "many who miss the same page at once cause one request: …",
          "many who ask for what has expired cause one validation",
          "many who meet one error at once cause one request",
        ],
        ["origin: viewers who ask at the same time share one fetch"],
      ),
      rule("Other pages do not wait", ["who asks for another page does not wait for the first"]),
      rule("Nobody waits where cookies or all headers are forwarded, nothing is cached, or the method is not", [
        "viewers do not wait for each other where …",
      ]),
      rule("What comes with no-store, private, no-cache, max-age=0 or s-maxage=0 and MinTTL 0 is each viewer's own", [
        "what comes with Cache-Control: … and MinTTL 0 is asked for by each",
        "with a MinTTL what may not be stored by its own word is shared",
      ]),
    ],
  },
  {
    section: "6.1",
    about: "Time-outs",
    rules: [
      rule(
        "OriginReadTimeout bounds the wait for the first byte, and a pause within the body",
        ["an origin that is silent for OriginReadTimeout …", "an origin that says nothing is answered 504, …"],
        ["origin: a body that pauses for longer than the origin may is broken off"],
      ),
      rule(
        "ConnectionTimeout bounds connecting",
        [],
        ["origin: a connection that does not come about within ConnectionTimeout"],
      ),
      rule(
        "An idle connection to the origin is kept for OriginKeepaliveTimeout",
        [],
        ["origin: an idle connection to the origin is closed after OriginKeepaliveTimeout"],
      ),
      rule(
        "ResponseCompletionTimeout bounds the whole answer",
        [],
        ["origin-groups: a whole answer must come within ResponseCompletionTimeout"],
      ),
    ],
  },
  {
    section: "6.2",
    about: "Attempts",
    rules: [
      rule(
        "GET and HEAD are tried ConnectionAttempts times",
        [
          "an origin that is silent for OriginReadTimeout …",
          "a GET that is answered at its second attempt is answered",
        ],
        ["origin-attempts: an origin that "],
      ),
      rule("Other methods are not sent again once connected", ["a … that is not answered is not sent again"]),
      rule(
        "Connecting is tried ConnectionAttempts times, for any method",
        [],
        ["origin-attempts: connecting is tried ConnectionAttempts times"],
      ),
      rule("An error status is an answer, and not asked for again", [
        "an error status of the origin is not asked for again",
      ]),
      rule("Nothing in time is a 504; faults of name, TLS or protocol are a 502", [
        "an origin that … is answered 502, for a while without being asked again",
        "an origin that … is answered 504, for a while without being asked again",
      ]),
    ],
  },
  {
    section: "6.3",
    about: "Failover",
    rules: [
      rule("A primary that answers with a listed status is failed over, and tried first the next time", [
        "the secondary answers where the primary's status says so, …",
      ]),
      rule(
        "So is one that is silent or cannot be reached",
        ["a primary that is silent is failed over"],
        ["origin-groups: a primary that is down, silent or hangs up"],
      ),
      rule("Any other status is final", ["a … of the primary that is no trigger is final"]),
      rule("Only GET, HEAD and OPTIONS fail over", ["a … fails over", "a … does not fail over"]),
      rule("Where both fail the last answer counts", ["where both fail the secondary's answer is the viewer's"]),
    ],
  },
  {
    section: "6.4",
    about: "TLS to the origin",
    rules: [
      rule(
        "The origin's certificate is judged: chain, dates and name; what fails is a 502",
        ["an origin that speaks no TLS where TLS is wanted is answered 502, …"],
        [
          "origin-tls: a certificate that nobody trusts is a 502",
          "origin-tls: a certificate is for the origin's domain name or for the Host",
        ],
      ),
      rule("OriginSslProtocols bounds the versions", [], ["origin-tls: ${allowed.join"]),
      rule(
        "match-viewer follows the viewer's scheme, and stores one page",
        [],
        ["origin-tls: match-viewer goes to the port of the viewer's scheme"],
      ),
    ],
  },
  {
    section: "6.5",
    about: "Building the request",
    rules: [
      rule("OriginPath stands before the path, which goes raw, as does the query", [
        "the origin gets the path as the viewer wrote it, behind OriginPath",
      ]),
      rule("A name that does not resolve is a 502", ["an origin that nobody can resolve is answered 502, …"]),
    ],
  },
  {
    section: "6.6",
    about: "Reading the answer",
    rules: [
      rule("A body that is whole by its length or chunks is cached, one that is cut short is not", [
        "Content-Length and all of the body: …",
        "Content-Length and a part of the body: …",
        "all of its chunks: …",
        "chunks without an end: …",
      ]),
      rule("A body that ends with the connection is cached", [
        "a body until the connection ends: …",
        "an origin that answers with a body until the end of the connection gives a 200",
      ]),
      rule("One 100 is all right, two are an error", [
        "an origin that answers with one 100 first gives a 200",
        "an origin that answers with early hints first gives a 200",
        "an origin that answers with two 100s gives a 502",
      ]),
      rule("An answer that is no HTTP, or too large in its headers, is a 502", [
        "an origin that answers with … gives a 502",
      ]),
      rule(
        "The first byte goes on as soon as it comes",
        [],
        ["origin: viewers who ask at the same time share one fetch, and read along as it comes"],
      ),
      rule(
        "Beyond the greatest cacheable size is an error, where caching is on",
        [],
        ["origin-truncation: a body beyond what may be cached at all"],
      ),
    ],
  },
  {
    section: "7",
    about: "Ranges",
    rules: [
      rule("A range of what is stored is cut from it", [
        "a range of what is stored is cut from it, and the origin is not asked",
        "a range of what was validated is cut from it",
      ]),
      rule("A part of the origin's is kept, and completed with what is missing", [
        "a part that the origin sends is kept, and later parts of it are hits",
        "what is missing is fetched, and the whole is there then",
        "a range that is not stored is the origin's, …",
        "a 206 that nobody asked for goes to the viewer as it is, and is not kept",
      ]),
      rule("An origin without ranges gives the whole to this viewer, and later ranges are cut", [
        "an origin without ranges gives the whole, and later parts are cut from it",
        "an origin that does not know ranges: …",
      ]),
      rule("Several ranges that ascend and lie apart come in parts; others bring the whole", [
        "several parts that ascend and lie apart come as such from what is stored",
        "several parts that … bring the whole",
      ]),
      rule("A 416 of the origin is passed on, and not kept", [
        "a part that the origin does not have is a 416, which is not kept",
        "a range that the origin cannot satisfy is its answer, and is not kept",
        "a range beyond the end is answered 416, …",
      ]),
      rule("If-Range that does not match brings the whole", ["a range of what is stored is cut from it, …"]),
      rule("A range of what is compressed here is of the stored bytes", [
        "a part is of the stored bytes where the behavior compresses",
      ]),
      rule("Errors and redirects have no ranges", ["ranges of errors and redirects are answered whole"]),
    ],
  },
  {
    section: "8",
    about: "Compression",
    rules: [
      rule("Who takes gzip gets it, where the behavior says Compress", [
        "who takes gzip gets it, and who does not gets the page as it is",
        "nothing is compressed where the behavior does not say Compress",
        "nothing is compressed where the viewer does not take gzip",
      ]),
      rule("The body has 1,000 to 10,000,000 bytes, and says so", [
        "nothing is compressed where it has less than 1,000 bytes",
        "nothing is compressed where it has more than 10,000,000 bytes",
        "a body is compressed where it has 1,000 bytes",
        "a body of a length that is not told is not compressed",
      ]),
      rule("Its type is in the list, whatever its parameters", [
        "nothing is compressed where its type is not in the list",
        "a body is compressed where its type has parameters",
      ]),
      rule("Its status is 200, 403 or 404", [
        "a body is compressed where its status is 40…",
        "nothing is compressed where its status is 500",
      ]),
      rule("What is coded already passes as it is", [
        "what the origin has compressed passes as it is",
        "nothing is compressed where it is coded already",
      ]),
      rule("What is not cached is not compressed", [
        "nothing is compressed where all TTLs are 0",
        "nothing is compressed where all headers are forwarded, …",
      ]),
      rule("A strong entity tag becomes weak, an invalid one goes", [
        "the entity tag … of what is compressed becomes …",
      ]),
      rule("Brotli is not given under these settings", ["legacy settings never give brotli"]),
      rule("A validation does not compress what was stored without", [
        "what was stored as it is stays so when it is validated",
      ]),
    ],
  },
  {
    section: "9.1",
    about: "Headers on their way to viewers",
    rules: [
      rule("Set-Cookie goes unless cookies are forwarded", [
        "of Set-Cookie: … viewers see …",
        "Set-Cookie is stripped past the cache too, …",
      ]),
      rule("Vary keeps Accept-Encoding, Cookie and the listed names", [
        "of Vary: … viewers see …",
        "Vary: User-Agent stays where a device header is listed",
      ]),
      rule("Via is appended, fields of the connection go", [
        "of Via: 1.0 inner viewers see …",
        "of Upgrade: …",
        "of Keep-Alive: …",
      ]),
      rule("Every other header passes as it is", [
        "of X-Any-Other: x viewers see x",
        "of Server: nginx viewers see nginx",
        "of … viewers see …",
      ]),
      rule("X-Cache, X-Amz-Cf-Pop and X-Amz-Cf-Id are the edge's", [
        "of X-Cache: HIT viewers see …",
        "of X-Amz-Cf-Pop: …",
        "of X-Amz-Cf-Id: …",
      ]),
    ],
  },
  {
    section: "9.2",
    about: "X-Cache",
    rules: [
      rule("It says Hit, Miss, RefreshHit, Error or Redirect", [
        "X-Cache and Age of a miss, a hit, a validated page and another miss",
        "X-Cache of errors, whoever made them, of what is posted, and of redirects",
      ]),
    ],
  },
  {
    section: "9.3",
    about: "The edge's own pages",
    rules: [
      rule("They name the status and the request's id", [
        "… is answered 403 by the edge itself",
        "an origin that … is answered 502, …",
      ]),
      rule("An error of the origin has the origin's own page", [
        "a … of the origin is the viewer's, with the origin's page and fields",
      ]),
    ],
  },
  {
    section: "9.4",
    about: "Their reasons",
    rules: [
      rule("Each refusal says its reason in the known words", [
        "an unknown host is answered 403 by the edge itself",
        "a method that is not allowed is answered 403 by the edge itself",
        "HTTP where https-only is set is answered 403 by the edge itself",
        "an origin that does not listen is answered 502, …",
      ]),
    ],
  },
  {
    section: "10",
    about: "Custom error responses",
    rules: [
      rule("An error is answered with its page, under the status that is set", [
        "an error is answered with the page, its fields and the status that is set",
        "statuses without a page of their own stay as they are",
        "HEAD gets the page's fields and no body; …",
        "a POST that fails is answered with the page, …",
      ]),
      rule("The page is of this distribution, by the behavior that matches its path", [
        "viewers' methods, protocol policy and signers do not keep the edge from its page",
        "a page that is stored is there when the origin is not",
      ]),
      rule("Refusals for the country may have a page; other refusals of the edge have its own", [
        "viewers who are kept out may get a page of the distribution's own",
        "… is refused with the edge's own page",
      ]),
      rule("A page that cannot be had gives the status that it was answered with", [
        "a page that is answered … gives the viewer that …",
        "a page that is missing itself is asked for once, and is its own answer",
      ]),
      rule("What has expired is served rather than the page of a 5xx", [
        "what has expired is served rather than the page, when the origin fails with a 5xx; …",
      ]),
      rule("The error is kept as other errors are", [
        "a minimum counts for its own status only, …",
        "an error page goes by its own path, …",
      ]),
    ],
  },
  {
    section: "11",
    about: "Geographic restriction",
    rules: [
      rule("A whitelist serves its countries alone, a blacklist all others; who is refused gets a 403", [
        "a whitelist of … answers a viewer at …",
        "a blacklist of … answers a viewer at …",
      ]),
      rule("Viewers of unknown place are served", ["a whitelist of … answers a viewer at 198.51.100.7 200"]),
      rule("It is judged before anything else, and whatever the viewer says", [
        "the country is judged before protocol, …",
        "what a viewer says of where it comes from counts nowhere",
      ]),
      rule("A refusal is nobody else's", ["each viewer is judged alone: …"]),
    ],
  },
  {
    section: "12",
    about: "Private content: signed URLs and cookies",
    rules: [
      rule(
        "A behavior with signers wants a signed URL or signed cookies, of every method",
        [],
        [
          "signed-viewers: every method must be signed",
          "signed-viewers: whoever a behavior trusts may sign for it, and nobody else",
        ],
      ),
      rule(
        "Accounts sign by their active key pairs, key groups by their keys; a change counts at once",
        [],
        ["signed-viewers: a change of a key, of a group or of who is trusted"],
      ),
      rule(
        "Parameters of a signature are in neither the key nor the origin's request",
        [],
        ["signed-viewers: the key and the origin see nothing of a signature"],
      ),
      rule(
        "Signatures are RSA or ECDSA, with SHA-1 or SHA-256",
        [],
        ["signed-viewers: whoever a behavior trusts may sign for it, and nobody else"],
      ),
      rule(
        "A canned policy is of one URL: scheme, host, path and its own query as the viewer has them",
        [],
        [
          "signed-viewers: the URL that is signed is the viewer's",
          "signed-refusals: another URL than the signed one is refused",
        ],
      ),
      rule(
        "A custom policy has one statement; its Resource matches by the rules of its key's era",
        [],
        ["signed-refusals: a policy that is well signed and not understood"],
      ),
      rule(
        "Dates and addresses hold up to their edge, at the time of the request",
        [],
        [
          "signed-refusals: each condition holds up to its edge and not beyond",
          "signed-refusals: what is remembered of a signature does not outlive its dates",
        ],
      ),
      rule(
        "Any of the four parameters in the URL makes it a signed one, and cookies do not count",
        [],
        ["signed-refusals: each way to spoil signed cookies is refused with its code"],
      ),
      rule(
        "Refusals are 403 with terse XML and a code for each check; an error page for 403 takes their place",
        [],
        [
          "signed-refusals: each way to spoil a signed URL is refused with its code",
          "signed-viewers: a refusal is terse XML",
          "signed-viewers: a page for 403 takes the place of the refusal",
        ],
      ),
      rule(
        "Nothing private is served from the cache without the check",
        [],
        ["signed-refusals: nothing private is served from the cache without the check"],
      ),
      rule(
        "A path that may be read as one of another behavior is let in only where that behavior would let it in",
        [],
        [
          "paths-of-others: a path that may be read as a protected one is as protected",
          "paths-of-others: an open folder among protected ones",
          "paths-of-others: a method that one folder allows is not smuggled into another",
        ],
      ),
    ],
  },
  {
    section: "15",
    about: "Invalidation",
    rules: [
      rule("A path is exact, by its case and last slash", [
        "an invalidation of /a takes …",
        "an invalidation of /a/ takes …",
        "an invalidation of /A takes …",
        "an invalidation of several paths takes them all",
        "an invalidation of /none takes nothing, …",
      ]),
      rule("* at its end stands for anything", [
        "an invalidation of /a* takes …",
        "an invalidation of /a/* takes …",
        "an invalidation of /* takes …",
      ]),
      rule("The query belongs to the path where it is forwarded", [
        "with queries forwarded an exact path names one query, and a wildcard all",
        "with listed parameters the path names those, …",
        "a query that is not in the key does not hide a page from an invalidation of its path",
      ]),
      rule("All variants go, stored errors with them", [
        "all variants of a path go, and stored errors with them",
        "a stored error goes with its path, whoever made it",
      ]),
      rule(
        "Unsafe characters are percent-encoded",
        ["characters that a URL cannot hold are named percent-encoded"],
        ["invalidation: of many spellings"],
      ),
      rule("The next request is a miss, fetched whole", ["an invalidated page is fetched whole, not validated"]),
      rule(
        "What was invalidated is not served again, stale or otherwise",
        [
          "what was invalidated is not served stale when the origin fails",
          "what was invalidated is not served while it is fetched anew",
        ],
        ["invalidation: a fetch that began before an invalidation"],
      ),
    ],
  },
  {
    section: "16",
    about: "HTTPS",
    rules: [
      rule("The own name is served with the edge's certificate, from TLSv1 on", [
        "the edge's own certificate is shown under …",
      ]),
      rule(
        "A policy's lowest version is held",
        ["under … a viewer with … at most is refused, and one with … is not"],
        ["viewer-tls: a policy lets in the versions that it names"],
      ),
      rule(
        "A policy's ciphers are held, in the edge's order",
        [],
        [
          "viewer-tls: a policy lets in the ciphers that it names and no other",
          "viewer-tls: of the ciphers that both sides have",
        ],
      ),
      rule("The certificate is chosen by the name in the handshake", [
        "the certificate is chosen by the name in the handshake, …",
      ]),
      rule(
        "Host selects the distribution; 421 where the certificate is another account's",
        ["the distribution is chosen by Host, whatever name of the same account the handshake was for"],
        [
          "viewer-tls: a certificate's account answers for its own distributions only",
          "changing-certificates: over one account's certificate another's distribution is a misdirected request",
        ],
      ),
      rule(
        "Certificates of IAM and ACM are shown as they are now",
        [],
        [
          "changing-certificates: a certificate of the feed is shown by IAM's id and by ACM's ARN",
          "changing-certificates: a certificate that is replaced is shown to new connections at once; what is open goes on",
          "changing-certificates: a session made with a certificate is not taken up under its successor",
          "changing-certificates: what is taken away, or another account's, is shown to nobody",
          "changing-certificates: every key that a certificate may have is shown under every policy",
        ],
      ),
      rule(
        "HTTP/2 wants TLS 1.2 and a name",
        ["a viewer of HTTP/2 and one of HTTP/1.1 share a page"],
        ["viewer-tls: HTTP/2 is offered where the distribution has it"],
      ),
    ],
  },
  {
    section: "17",
    about: "WebSocket, CORS, uploads",
    rules: [
      rule("A WebSocket's handshake reaches the origin, and bytes pass both ways", [
        "a WebSocket over … reaches the origin, and bytes pass both ways",
      ]),
      rule("It is never cached, and is a miss", ["a handshake passes the cache by"]),
      rule("The policies of the behavior hold for it, and a refusal is passed on", [
        "the viewer protocol policy holds for a handshake",
        "an origin that refuses a handshake is heard",
      ]),
      rule(
        "It ends after ten minutes without a byte from the origin",
        [],
        ["tunnel: ten minutes without a byte from the origin end it"],
      ),
      rule("CORS is the origin's work: with no Origin in the key the first answer is everybody's", [
        "with no Origin in the key a page that was stored without permission goes to other sites as well",
        "with Origin in the key each site has its own permission",
        "a preflight is stored where OPTIONS is cached, by the headers that are listed",
      ]),
      rule("What is posted, put, patched or deleted goes to the origin with its body, and is never cached", [
        "the body of a … reaches the origin, and its answer is never stored",
        "what is posted goes to the origin and its answer back, past the cache",
      ]),
      rule(
        "Bodies in chunks and of any length are streamed",
        ["a body in chunks reaches the origin whole", "a body of 100,000 bytes reaches the origin as it is"],
        ["slow-viewers: an upload of 200 MB waits for its origin"],
      ),
    ],
  },
];

/** What is otherwise under the server's other setting. */
export const RFC_SECTION: RuleSection = {
  section: "RFC 9111",
  about: "Where the RFC and CloudFront differ: by fidelity",
  rules: [
    rule("Vary selects among what is stored", [
      "by the RFC Vary selects among what is stored",
      "variants expire and are validated one by one",
      "a listed header that Vary does not name splits nothing",
      "a response that names other fields in Vary takes over, …",
    ]),
    rule("Freshness is the RFC's, with heuristics and CDN-Cache-Control", [
      "in rfc9111 a … is served for … s",
      "in cloudfront a … is served for … s",
      "by … MinTTL does not override a refusal",
    ]),
    rule("Its other rules are kept where CloudFront departs from them", [
      "by the RFC …",
      "by CloudFront not: …",
      "and the pages that it names, …",
    ]),
  ],
};
