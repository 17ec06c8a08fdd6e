// `buckets policy` and `buckets website`: what a bucket lets others do, and how it answers as a web site. Documents are S3's own,
// so that what is printed here goes back into here, and into any other client of S3.

import { readFileSync } from "node:fs";
import type { Arguments } from "./arguments.ts";
import { childrenOf, readXml, textOfChild, xmlText, type AskBuckets } from "./ask-buckets.ts";
import { refuse } from "./refuse.ts";

export async function policyAction(
  _: Arguments,
  [what = "", bucket = "", file]: readonly string[],
  ask: AskBuckets,
): Promise<number> {
  if (what === "get" && file === undefined) {
    const answer = await ask({ method: "GET", bucket, query: { policy: "" } });
    if (answer.kind === "failure") return refuse(`${bucket}: ${answer.message}`);
    process.stdout.write(`${JSON.stringify(JSON.parse(answer.text), undefined, 2)}\n`);
    return 0;
  }
  if (what === "delete" && file === undefined) {
    const answer = await ask({ method: "DELETE", bucket, query: { policy: "" } });
    return answer.kind === "failure" ? refuse(`${bucket}: ${answer.message}`) : 0;
  }
  if (what !== "put" || file === undefined) {
    return refuse("buckets policy takes get BUCKET, put BUCKET FILE, or delete BUCKET", 2);
  }
  let text: string;
  try {
    text = readFileSync(file === "-" ? 0 : file, "utf8");
  } catch (error) {
    return refuse(`cannot read ${file}: ${(error as Error).message}`);
  }
  try {
    JSON.parse(text);
  } catch (error) {
    return refuse(`${file} is not JSON: ${(error as Error).message}`);
  }
  const answer = await putPolicy(bucket, text, ask);
  return answer === undefined ? 0 : refuse(answer);
}

/** Why it was refused, if so. */
export async function putPolicy(bucket: string, text: string, ask: AskBuckets): Promise<string | undefined> {
  const fields = [["Content-Type", "application/json"]] as const;
  const answer = await ask({ method: "PUT", bucket, query: { policy: "" }, fields, body: text });
  return answer.kind === "failure" ? `${bucket}: ${answer.message}` : undefined;
}

export async function websiteAction(
  { flags }: Arguments,
  [what = "", bucket = ""]: readonly string[],
  ask: AskBuckets,
): Promise<number> {
  const query = { website: "" };
  if (what === "get") {
    const answer = await ask({ method: "GET", bucket, query });
    if (answer.kind === "failure") return refuse(`${bucket}: ${answer.message}`);
    const root = readXml(Buffer.from(answer.text));
    const said = (parent: string, child: string): string =>
      root === undefined
        ? ""
        : childrenOf(root, parent)
            .map((each) => textOfChild(each, child) ?? "")
            .join("");
    const rows = [
      ["origin", websiteHost(bucket)],
      ["index", said("IndexDocument", "Suffix")],
      ["error", said("ErrorDocument", "Key")],
    ] as const;
    for (const [label, value] of rows) process.stdout.write(`${label.padEnd(7)} ${value === "" ? "-" : value}\n`);
    return 0;
  }
  if (what === "delete") {
    const answer = await ask({ method: "DELETE", bucket, query });
    return answer.kind === "failure" ? refuse(`${bucket}: ${answer.message}`) : 0;
  }
  if (what !== "put") return refuse("buckets website takes get, put or delete, and a bucket", 2);
  const index = flags.get("--index")?.at(-1) ?? "index.html";
  const error = flags.get("--error")?.at(-1);
  const body = `<WebsiteConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><IndexDocument><Suffix>${xmlText(index)}</Suffix></IndexDocument>${
    error === undefined ? "" : `<ErrorDocument><Key>${xmlText(error)}</Key></ErrorDocument>`
  }</WebsiteConfiguration>`;
  const answer = await ask({ method: "PUT", bucket, query, fields: [["Content-Type", "application/xml"]], body });
  if (answer.kind === "failure") return refuse(`${bucket}: ${answer.message}`);
  process.stdout.write(`${websiteHost(bucket)}\n`);
  return 0;
}

/** The origin's name of the bucket as a web site, which S3 gives it. */
function websiteHost(bucket: string): string {
  return `${bucket}.s3-website-us-east-1.amazonaws.com`;
}
