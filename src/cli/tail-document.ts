// docs/tail.md, made from the table of fields.

import { LINE_FIELDS, type LineField } from "../edge/watch/line-fields.ts";

/** The text of docs/tail.md. */
export function tailDocument(): string {
  const rows = Object.entries(LINE_FIELDS).map(([name, field]: [string, LineField]) => {
    const values = field.kind === "text" && field.values !== undefined ? ` One of ${field.values.join(", ")}.` : "";
    return `| \`${name}\` | ${field.kind} | ${field.about}${values} |`;
  });
  return `# Watching requests live

The table of fields is made from \`src/edge/watch/line-fields.ts\`; a test compares.

\`warmfront tail\` shows a line for each answer of your distributions that has ended, from all edge workers. \`--where\` is an expression over the fields of
a line; it is held against the answers where they come up, so what it leaves out costs next to nothing.

    warmfront tail --where 'status >= 500 && host == "www.example.com"'
    warmfront tail --where 'result == "Miss" && (ms > 100 || path =~ /\\.(jpe?g|png)$/i)'
    warmfront tail --where '!(agent =~ /bot/i)' --trace

## Expressions

| | |
| --- | --- |
| \`==\` \`!=\` | with a number, or with a text in quotation marks, double or single; \`\\\` stands before a quotation mark in it |
| \`<\` \`<=\` \`>\` \`>=\` | with a number |
| \`=~\` \`!~\` | finds a pattern anywhere in the value, or does not: \`/pattern/\`, \`/pattern/i\` where case does not matter, or a text |
| \`!\` \`&&\` \`\\|\\|\` \`( )\` | not, both, either; \`&&\` binds closer than \`\\|\\|\`, and \`!\` closer than both: it stands before a comparison or a parenthesis |

Patterns are regular expressions: \`. [a-z] [^a-z] \\d \\w \\s ( ) | * + ? {2,5} ^ $\`. They are searched in a time that grows with the text alone, whatever they are; so there are no back
references in them and no looking around. What cannot be read is refused with its column.

## Fields

| Field | | |
| --- | --- | --- |
${rows.join("\n")}

## Traces

With \`--trace\`, and for \`warmfront trace ID\` beside it, each worker writes down what it decides about a request, as \`explain\` does, before it is decided, and what
then happened: which origins were asked, what they said after how long, how the answer ended. With several workers the one that owns the key has a piece of its own.
The newest are kept for as long as somebody watches so; how many, and how many a second, is bounded ([settings](settings.md): \`--tail-…\`).

## Over HTTP

\`POST /_warmfront/tail\` on the API's port, signed like any call, with JSON like \`{"where":"status>=500","distribution":"E…","traces":false}\`, is answered with a line of JSON for each
thing as it comes up: \`{"line":{…}}\`; \`{"edges":[1,2]}\` once all workers are heard; \`{"lost":12,"edge":1}\` where lines were dropped, as they came faster than they were read or than
the limit says; \`{"gone":1}\` when a worker has ended. An empty line says only that the connection is there. \`GET /_warmfront/trace/ID\` is answered with
\`{"id":"…","pieces":[…]}\`. Both tell of the distributions of the signer's account alone; requests that got to no distribution are in no tail.

\`POST /_warmfront/traffic\` with \`{"distribution":"E…"}\`, or \`{}\` for all of the account's together, is what stands behind \`warmfront traffic\` and the console's plots, and goes on
in the same way: \`{"history":{"from":…,"to":…,"steps":[…]}}\` with the last five minutes (a step is a second; those without anything are left out), then each second
\`{"step":{…},"minute":{…}}\`, the sum of the last minute beside it, and \`{"tops":{…}}\` with what is asked for and missed most, and the causes of the misses, since you are there or for a minute. All
workers are summed, and replacing them changes nothing; a control process that is started again begins with an empty history. Steps are two seconds old: until then every worker has told of it. What is missed most is
counted as far as causes are looked for (500 a second and worker), and without requests for ranges; \`pass\` stands for what the cache is not asked for.

\`POST /_warmfront/explain\` is what stands behind \`warmfront explain\` and \`diff-key\`, and is answered once: \`{"verdict":"…","because":"…","cause":{…},"key":[…],"steps":[…],"edge":2}\`, where \`edge\` is the worker that has
answered. Of what may be sent, all but the first two may be left out:

| Member | |
| --- | --- |
| \`method\`, \`url\` | As in \`{"method":"GET","url":"http://www.example.com:7480/a"}\`. |
| \`headers\` | The viewer's, each a pair: \`[["Accept","*/*"]]\`. |
| \`viewerAddress\` | Where the viewer comes from; 127.0.0.1. |
| \`serverName\` | Of an https URL: the name in the handshake, where it is not the URL's host. |
| \`otherUrl\` | A second URL: the answer is whether the two share a stored response, and if not which parts of the key differ. |
| \`edge\` | Number of the worker that the viewer is connected to, from 1; any worker answers without. 404 where there is no such worker, with those that there are. |

A member that there is none of is refused by name, with 400.
`;
}
