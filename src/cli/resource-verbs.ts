// The rows of verbs.ts for what the APIs hold: distributions, invalidations, identities, buckets.

import { buckets } from "./buckets.ts";
import { distributions } from "./distributions.ts";
import type { VerbRow } from "./help.ts";
import { identities } from "./identities.ts";
import { invalidate } from "./invalidate.ts";

export const RESOURCE_VERBS: Readonly<Record<string, VerbRow>> = {
  distributions: {
    usage: "distributions [ACTION]",
    about:
      "Lists, makes, switches and deletes the distributions of your account. DISTRIBUTION is an id, a domain name or an alias. What changes one waits until every edge has the change in force. Exits with 3 where it was accepted and is not in force in time: it goes on then.",
    example: "warmfront distributions create --origin http://localhost:3000",
    prints: `E2QWRUHAPOMQZL  made
E2QWRUHAPOMQZL  in force after 0.1 s
http://d111111abcdef8.cloudfront.localhost:7480/`,
    actions: {
      list: "Lists them, the same as without an action.",
      "create --origin URL | --bucket NAME":
        "Makes one in front of a web server, or of a bucket, which it may then read, and which may stay closed to all others.",
      "enable DISTRIBUTION": "Lets it serve.",
      "disable DISTRIBUTION": "Lets it answer nobody any more; it keeps its settings.",
      "delete DISTRIBUTION": "Removes it; it is disabled before, where that is not so yet.",
    },
    flags: {
      "--origin":
        "With create: the web server, as http://HOST:PORT/PATH or https://…; the path is put before each request's.",
      "--bucket":
        "With create: the bucket. An origin access identity is made for it, or the one there is taken, and the bucket's policy lets it read.",
      "--alias": "With create: a further name that it answers to. May be repeated.",
      "--root-object": "With create: what is served for /; index.html for a bucket unless given.",
      "--comment": "With create: what it is.",
      "--timeout": "Seconds to wait until it is in force; 600 unless given.",
      "--no-wait": "Ends as soon as the change is accepted.",
      "--json": "With list: prints them as JSON, an array, with the comment of each.",
    },
    run: distributions,
  },
  invalidate: {
    usage: "invalidate DISTRIBUTION PATH…",
    about: `Has everything forgotten that is stored for these paths, and waits until no edge serves it any more. DISTRIBUTION is an id, a domain name or an alias. Put a path with * between quotation marks, or the shell replaces it by the names of files. Exits with 1 where it was refused, and with 3 where it was made and is not complete in time: it goes on then.`,
    example: "warmfront invalidate www.example.com '/images/*' /index.html",
    prints: `I2J0I21PCUYOIK  2 paths of E2QWRUHAPOMQZL, made
I2J0I21PCUYOIK  complete after 0.1 s`,
    flags: {
      "--timeout": "Seconds to wait until it is complete; 600 unless given.",
      "--no-wait": "Prints the invalidation's id as soon as it is made.",
    },
    run: invalidate,
  },
  identities: {
    usage: "identities [ACTION]",
    about:
      "Origin access identities and origin access controls of your account: who a distribution is to a bucket. Lists them with what a bucket's policy calls them and which distributions use them, makes and deletes them, and lets them read a bucket.",
    example: "warmfront identities",
    prints: `ID              KIND      NAME  PRINCIPAL                                                      USED BY
E1BQ5CEXAMPLE1  identity  tour  arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1BQ5CEXAMPLE1  E2QWRUHAPOMQZL
E3OACEXAMPLE02  control   docs  cloudfront.amazonaws.com                                       -`,
    actions: {
      list: "Lists them, the same as without an action.",
      create: "Makes an identity, or with --control an access control; prints its id.",
      "delete ID": "Removes one that no distribution uses.",
      "grant ID BUCKET":
        "Writes into the bucket's policy that the identity may read its objects; of a control, that the distributions which use it now may. What the policy says otherwise stays.",
    },
    flags: {
      "--comment": "With create: what the identity is for.",
      "--control": "With create: makes an access control of this name for buckets.",
      "--json": "With list: prints them as JSON.",
    },
    run: identities,
  },
  buckets: {
    usage: "buckets [ACTION]",
    about:
      "The buckets of your account and what is in them. PREFIX and KEY are what stands behind the bucket's name; s3:// before it may be left out. For downloads and everything else there is the AWS CLI.",
    example: "warmfront buckets sync public tour",
    prints: "tour: 11 unchanged, 2 files uploaded, 61.4 kB",
    actions: {
      list: "Lists them, the same as without an action.",
      "create BUCKET": "Makes one. It is closed to everybody but your account.",
      "delete BUCKET": "Removes an empty one, or with --with-objects one and all that is in it.",
      "ls BUCKET/PREFIX": "Lists objects: when they were written, their bytes and keys.",
      "cp FILE BUCKET/KEY":
        "Uploads a file, or a folder with all that is below it, each with the content type that its name tells.",
      "sync FOLDER BUCKET/PREFIX":
        "Uploads what is not there or is another by size and MD5; a changed content type alone is not seen.",
      "policy get|put|delete BUCKET [FILE]":
        "Prints the bucket's policy, replaces it by a file (- is standard input), or removes it.",
      "website get|put|delete BUCKET":
        "Whether the bucket answers as a web site, and by which name it is an origin as one.",
    },
    flags: {
      "--with-objects": "With delete: all objects and versions go, too.",
      "--cache-control": "With cp and sync: Cache-Control of what is uploaded, as max-age=300.",
      "--content-type": "With cp and sync: the type of what is uploaded, whatever its name.",
      "--delete": "With sync: removes what is there and not in the folder.",
      "--index": "With website put: the page of a folder; index.html unless given.",
      "--error": "With website put: the key of the page for what is not there.",
      "--json": "With list and ls: prints them as JSON.",
    },
    run: buckets,
  },
};
