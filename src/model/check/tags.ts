// Tags of a resource. [CFMODEL Tag]

import { fail, type ApiFailure } from "../errors.ts";
import { quoted } from "../sent-value.ts";
import { findDuplicate, lengthOf } from "./text.ts";

const KEY_MAX = 128;
const VALUE_MAX = 256;

/** Letters, spaces and digits of any script, and a few signs. */
const CHARACTERS = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

export interface SentTag {
  readonly Key: string;
  readonly Value: string;
}

export function checkTags(tags: readonly SentTag[], tagsMax: number): ApiFailure | undefined {
  if (tags.length > tagsMax) {
    return fail("InvalidTagging", `The request has ${tags.length} tags; a resource can have at most ${tagsMax}.`);
  }
  for (const { Key, Value } of tags) {
    const failure = checkTagKey(Key) ?? checkTagValue(Key, Value);
    if (failure !== undefined) return failure;
  }
  const twice = findDuplicate(tags.map((tag) => tag.Key));
  return twice === undefined
    ? undefined
    : fail("InvalidTagging", `The tag key ${quoted(twice)} is there more than once: each key can have one value.`);
}

export function checkTagKey(key: string): ApiFailure | undefined {
  if (key === "" || lengthOf(key) > KEY_MAX || !CHARACTERS.test(key)) {
    return fail(
      "InvalidTagging",
      `The tag key ${quoted(key)} is not valid: it must have 1 to ${KEY_MAX} letters, digits, spaces or _ . : / = + - @.`,
    );
  }
  return /^aws:/i.test(key)
    ? fail("InvalidTagging", `The tag key ${quoted(key)} is not valid: keys that begin with aws: are reserved.`)
    : undefined;
}

function checkTagValue(key: string, value: string): ApiFailure | undefined {
  return lengthOf(value) <= VALUE_MAX && CHARACTERS.test(value)
    ? undefined
    : fail(
        "InvalidTagging",
        `The value of the tag ${quoted(key)} is not valid: it must have at most ${VALUE_MAX} letters, digits, spaces or _ . : / = + - @.`,
      );
}
