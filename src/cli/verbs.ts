// The table of commands: help, completion and docs/commands.md are made from it. What a command does is in the file of its name.

import { accessKeys } from "./access-keys.ts";
import { clock, CLOCK_WORDS } from "./clock.ts";
import { completion } from "./completion.ts";
import { doctor } from "./doctor.ts";
import { debugToken } from "./debug-token.ts";
import { diffKey, explain } from "./explain.ts";
import { exportState } from "./export-state.ts";
import type { VerbRow } from "./help.ts";
import { importState } from "./import-state.ts";
import { keyPairs } from "./key-pairs.ts";
import { reload } from "./reload.ts";
import { sign } from "./sign.ts";
import { RESOURCE_VERBS } from "./resource-verbs.ts";
import { runStart } from "./start.ts";
import { status } from "./status.ts";
import { tail } from "./tail.ts";
import { trace } from "./trace.ts";
import { traffic } from "./traffic.ts";

const SECRETS = "Secrets are in it: private keys and the secrets of access keys.";

/** Of the verbs that ask as a viewer. */
export const VIEWER_FLAGS = {
  "--method": "GET unless given; -X for short.",
  "--header": "A header of the request, as 'Name: value'; -H for short. May be repeated.",
  "--from": "Address that the viewer comes from, where its country counts; 127.0.0.1 unless given.",
  "--server-name": "With https: the name in the viewer's handshake, where that is not the URL's host; '' for none.",
  "--edge":
    "As a viewer gets it who is connected to this edge worker: its number, from 1; any worker answers unless given.",
  "--json": "Prints the answer as JSON.",
};

/** As curl has them, of those verbs. */
export const SHORT_FLAGS: Readonly<Record<string, string>> = { "-X": "--method", "-H": "--header" };

const START: VerbRow = {
  usage: "start",
  about: "Runs the management API and the edge until Ctrl-C.",
  example: "warmfront start --api-port 7500 --data-dir /var/lib/warmfront",
  prints: `Warmfront 0.1.0 is ready, 0.62 s after its start. Ctrl-C stops it.

  Management API   http://127.0.0.1:7500
  …`,
  flags: {},
  run: runStart,
};

export const VERBS: Readonly<Record<string, VerbRow>> = {
  start: START,
  serve: {
    ...START,
    usage: "serve",
    about: "The same as start.",
    example: "warmfront serve --data-dir /var/lib/warmfront",
  },
  status: {
    usage: "status",
    about:
      "Tells whether the service on this data directory runs: where it listens, its workers, how many distributions it serves and what it has answered. Exits with 1 where none runs.",
    example: "warmfront status",
    prints: `Running since 2026-11-21T09:00:00.000Z, as process 4711.

Management API   http://127.0.0.1:7400
Viewers          http://127.0.0.1:7480, https://127.0.0.1:7443
Data             /var/lib/warmfront
Workers          2 of 2
Distributions    3
Requests         18211, of which 17002 hits, 1190 misses and 19 errors
Hit ratio        93.5 %
Stored           1190 responses, 41.2 MB in memory and on the disk`,
    flags: { "--json": "Prints it as JSON." },
    run: status,
  },
  ...RESOURCE_VERBS,
  clock: {
    usage: "clock show|advance DURATION|freeze|reset",
    about:
      "Moves the time that viewers are served by, on a server that was started with --test-controls yes: what is stored ages, signed URLs end, access logs become due, certificates are renewed. Signatures of the API go by the machine's time, so clients go on working. Time goes forward only, or stands still (freeze), until reset, which goes back to the machine's time and has all that is stored forgotten. Every worker has the new time when the command ends.",
    example: "warmfront clock advance 1h30m",
    prints: "2026-11-21T14:05:12.345Z, 1h30m ahead of the machine's time",
    words: CLOCK_WORDS,
    flags: { "--json": "Prints it as JSON." },
    run: clock,
  },
  doctor: {
    usage: "doctor",
    about:
      "Looks for what is wrong or will be: ports, certificates and when they end, room on the disk, the clock, and whether the origins of your account's distributions can be reached. Each line is ok, a warning or a fault, and says what to do. Changes nothing; works with and without a running server. Exits with 1 where there is a fault.",
    example: "warmfront doctor",
    prints: `ok       server        runs as process 4711
ok       ports         http://127.0.0.1:7400 answers
warning  certificates  www.example.com ends in 12 days, on 2026-12-03
                       → put a newer one beside it, then: warmfront reload
fault    origins       E2QWRUHAPOMQZL: origin.example.com:443 refused the connection
                       → start the origin's server, or open its port to this machine`,
    flags: { "--json": "Prints the findings as JSON." },
    run: doctor,
  },
  export: {
    usage: "export FILE",
    about: `Writes the whole state into one new file, readable by you alone: resources, access keys, certificates and key pairs, buckets with their objects, the certificate authority. It is the state of one moment, also while the server runs. ${SECRETS} What is in the cache is not in it, nor are settings and files that settings name.`,
    example: "warmfront export backup-2026-11-21.warmfront",
    prints: `backup-2026-11-21.warmfront: 12 files, 4.2 MB. Secrets are in it: keep it as you keep a private key.`,
    flags: {},
    run: exportState,
  },
  import: {
    usage: "import FILE",
    about:
      "Puts the state of an exported file into the data directory, when all of it is read and found whole. The server must not run. Refuses where there is a state already, unless told otherwise; what was there is kept beside it, and its place is printed.",
    example: "warmfront import backup-2026-11-21.warmfront --data-dir /var/lib/warmfront",
    prints: `/var/lib/warmfront holds the state of 2026-11-21T09:00:00.000Z: 12 files, 4.2 MB. Next: warmfront start`,
    flags: { "--overwrite": "Replaces a state that is there." },
    run: importState,
  },
  completion: {
    usage: "completion bash|zsh|fish",
    about: "Prints a script that lets the shell complete commands, flags and their values.",
    example: `source <(warmfront completion bash)      # bash, in ~/.bashrc
source <(warmfront completion zsh)       # zsh, in ~/.zshrc behind compinit
warmfront completion fish | source       # fish, in ~/.config/fish/config.fish`,
    prints: "# The completion of warmfront for bash, made by: warmfront completion bash\n…",
    words: ["bash", "zsh", "fish"],
    flags: {},
    run: (given) => completion(given, VERBS),
  },
  reload: {
    usage: "reload",
    about:
      "Has the server on this data directory replace its edge workers one by one, which read the settings file, certificates and databases again. No request is lost.",
    example: "warmfront reload --data-dir /var/lib/warmfront",
    prints: "Reloaded: 2 workers.",
    flags: {},
    run: reload,
  },
  "access-keys": {
    usage: "access-keys create|list|delete [--account ACCOUNT]",
    about: "Makes, shows and removes the access keys that callers sign with. Works with and without a running server.",
    example: "warmfront access-keys create --account 123456789012",
    prints: "export AWS_ACCESS_KEY_ID=AKIA… AWS_SECRET_ACCESS_KEY=…",
    words: ["create", "list", "delete"],
    flags: {
      "--account": "The account, twelve digits. With list: only this one's.",
      "--access": "With create: full (the default) or read-only.",
      "--user": "With create: name of the user that the key stands for; the account's name for it unless given.",
      "--id": "With delete: the access key id.",
    },
    run: accessKeys,
  },
  "key-pairs": {
    usage: "key-pairs create|import FILE|list|activate ID|deactivate ID|delete ID",
    about: "The key pairs by which your account signs URLs and cookies, in a running server (docs/key-pairs.md).",
    example: "warmfront key-pairs create --out private.pem",
    prints: "APKAEXAMPLE234567890",
    words: ["create", "import", "list", "activate", "deactivate", "delete"],
    flags: { "--out": "With create: the file for the private key, which must not be there yet; printed unless given." },
    run: keyPairs,
  },
  sign: {
    usage: "sign URL",
    about:
      "Makes a signed URL, or signed cookies, for behaviors with TrustedSigners or TrustedKeyGroups. Works offline.",
    example:
      "warmfront sign http://d111111abcdef8.cloudfront.localhost:7480/a.mp4 --key-id APKA… --private-key private.pem --expires +1h",
    prints: "http://d111111abcdef8.cloudfront.localhost:7480/a.mp4?Expires=1795252800&Signature=…&Key-Pair-Id=APKA…",
    flags: {
      "--key-id": "Key-Pair-Id: APKA… of a key pair, K… of a public key.",
      "--private-key": "File with the private key in PEM: RSA, or ECDSA on P-256.",
      "--expires": "When it ends: +1h (s, m, h, d), a date like 2027-01-31T12:00:00Z, or seconds since 1970.",
      "--not-before": "When it begins, likewise. With this and the next two the policy is a custom one.",
      "--ip": "The IPv4 address or range of the viewers.",
      "--resource": "The URLs that it is good for, with * and ?; the URL alone unless given.",
      "--policy": "File with a whole custom policy in JSON, instead of the four above.",
      "--hash": "sha1 (unless given) or sha256.",
      "--cookies": 'Prints a Cookie header instead of a URL: curl -H "$(warmfront sign … --cookies)" URL',
    },
    run: sign,
  },
  explain: {
    usage: "explain [METHOD] URL",
    about:
      "Tells what the edge would do with a request, and why; of a miss its nearest cause. Asks no origin and changes nothing. With two URLs it is diff-key.",
    example: "warmfront explain http://d111111abcdef8.cloudfront.localhost:7480/index.html -H 'Accept: text/html'",
    prints: `distribution  E2QWRUHAPOMQZL
                the host is its domain name
…
Verdict: a hit`,
    flags: VIEWER_FLAGS,
    run: explain,
  },
  tail: {
    usage: "tail",
    about:
      "Shows the requests to your distributions live, a line for each answer that has ended, from all edge workers. --where leaves out what you do not want to see, before it is sent: its fields and signs are in docs/tail.md. Whoever reads too slowly loses lines and is told how many; viewers never wait. Goes on when workers are replaced or the server is started again, until Ctrl-C.",
    example: "warmfront tail --where 'status>=500 || (result==\"Miss\" && ms>100)'",
    prints: `09:00:00.123  200  Miss      104 ms     1.3 kB  GET http://d111111abcdef8.cloudfront.localhost/index.html  mZ5T…==
09:00:02.511  504  Error    1002 ms   931 bytes  GET http://d111111abcdef8.cloudfront.localhost/slow  Vq0x…==`,
    flags: {
      "--where": "Which lines, as in 'status>=500 && host==\"www.example.com\"'; all unless given.",
      "--distribution": "Of this distribution only: its id, domain name or alias.",
      "--edge": "Of this edge worker only: its number, from 1.",
      "--trace": "Shows behind each line what was decided about that request, as explain does, and what then happened.",
      "--lines": "Ends after so many lines.",
      "--json": "Prints each line as JSON, with its trace if there is one.",
    },
    run: tail,
  },
  traffic: {
    usage: "traffic",
    about:
      "Shows what is served, a line each second, of all your distributions or of one; and now and then what is asked for and missed most, with the cause of the miss. All edge workers are summed. The figures are two seconds old.",
    example: "warmfront traffic --distribution www.example.com",
    prints: `TIME      REQUESTS   HITS    MISSES  ERRORS  4XX    5XX       SENT  P50 ms   P90 ms   P99 ms
09:00:00      1204    97 %        31       2     2      0      9.8 MB     0.6      1.8     22.4
…`,
    flags: {
      "--distribution": "Of this distribution only: its id, domain name or alias.",
      "--lines": "Ends after so many lines.",
      "--json": "Prints all of it as JSON, a line each: the last minutes first, then a step each second.",
    },
    run: traffic,
  },
  trace: {
    usage: "trace ID",
    about:
      "Shows what was decided about one request and what then happened: the origins that were asked, their answers and times. ID is the request's X-Amz-Cf-Id, which its line in tail ends with. Requests are traced while somebody watches with warmfront tail --trace; the newest are kept for as long.",
    example: "warmfront trace mZ5TbLZk6mPEjS3y7cDYz5vKqVQF0b0Jd2d5k4wMhPq1nS0d8Q2Xgw==",
    prints: `Edge 1, GET http://d111111abcdef8.cloudfront.localhost:7480/index.html

find-distribution  E2QWRUHAPOMQZL
…
origin             200 after 12 ms
                     site was asked: GET http://localhost:8080/index.html
answer             200 Miss
                     1283 bytes in 14 ms, the first after 14 ms; it was sent whole`,
    flags: { "--json": "Prints it as JSON." },
    run: trace,
  },
  "debug-token": {
    usage: "debug-token",
    about:
      "Prints a header by which a viewer is told in X-Warmfront-… headers of the answer what was decided about its request, and why: distribution, behavior, key, freshness, cause of a miss, origin, worker. It is good for your account's distributions, on a server that was started with --debug-headers token.",
    example: `curl -sI -H "$(warmfront debug-token)" http://d111111abcdef8.cloudfront.localhost:7480/index.html`,
    prints: `…
X-Warmfront-Edge: 1 of 2
X-Warmfront-Distribution: E2QWRUHAPOMQZL
X-Warmfront-Behavior: *
X-Warmfront-Key: 4Yb1cF0P2mUQe1bO6o9r3w
X-Warmfront-Verdict: miss
X-Warmfront-Cause: expired (it expired at Sat, 21 Nov 2026 09:00:00 GMT, 300 s after it came or was last validated)
X-Warmfront-Origin: site 304 after 12 ms`,
    flags: { "--seconds": "How long it is good for, up to 86400; 3600 unless given." },
    run: debugToken,
  },
  "diff-key": {
    usage: "diff-key URL1 URL2",
    about:
      "Tells whether two URLs would find the same stored response, and if not which part of the cache key differs and which setting makes it count.",
    example: "warmfront diff-key 'http://www.example.com:7480/a?x=1' 'http://www.example.com:7480/a?x=2'",
    prints: "Whether they share one, then a line for each part of the key that differs.",
    flags: VIEWER_FLAGS,
    run: diffKey,
  },
};
