// Mutations of requests: bytes of any text, and the structure of a document. Pure but for the random numbers, which come
// from a seed, so that what was found once is found again.

import type { XmlElement } from "../../src/wire/xml-reader.ts";
import { escapeText } from "../../src/wire/xml-writer.ts";

/** Repeatable random numbers. */
export interface Dice {
  /** From 0 to below `bound`. */
  below(bound: number): number;
  chance(probability: number): boolean;
  pick<T>(items: readonly T[]): T;
}

/** mulberry32: small, fast and even enough to choose mutations by. */
export function diceOf(seed: number): Dice {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b_79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (bound: number): number => Math.floor(next() * bound);
  return {
    below,
    chance: (probability) => next() < probability,
    pick: <T>(items: readonly T[]): T => {
      const item = items[below(items.length)];
      if (item === undefined) throw new Error("nothing to pick from");
      return item;
    },
  };
}

/** Texts that have broken readers before. */
export const ODD_TEXTS: readonly string[] = [
  "",
  " ",
  "0",
  "-1",
  "1e999",
  "NaN",
  "Infinity",
  "0x7f",
  "2147483647",
  "2147483648",
  "-2147483649",
  "9223372036854775807",
  "9".repeat(400),
  "1.5",
  "true",
  "TRUE",
  "null",
  "undefined",
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "../../etc/passwd",
  "%00",
  "%2F..%2F",
  "*",
  "\t",
  "\u00a0",
  "\u2028",
  "\u202e",
  "\ufeff",
  "\ufffd",
  "ß".repeat(100),
  "😀".repeat(70),
  "é\u0301\u0327",
  "x".repeat(5000),
  "'\"<>&",
  "]]>",
  "${jndi:ldap://x}",
  "arn:aws:cloudfront::000000000000:distribution/",
  "E".repeat(14),
  "self",
  "2026-11-20T00:00:00Z",
];

/** One change of a text by bytes (characters up to U+00FF): flipped, put in, taken out, doubled, cut off. */
export function mutateText(text: string, dice: Dice): string {
  const at = dice.below(text.length + 1);
  const length = 1 + dice.below(dice.chance(0.8) ? 4 : 64);
  const [before, after] = [text.slice(0, at), text.slice(at)];
  switch (dice.below(7)) {
    case 0: {
      const code = (after.charCodeAt(0) || 0) ^ (1 << dice.below(8));
      return before + String.fromCharCode(code & 0xff) + after.slice(1);
    }
    case 1:
      return before + String.fromCharCode(...Array.from({ length }, () => dice.below(256))) + after;
    case 2:
      return before + after.slice(length);
    case 3:
      return before + after.slice(0, length).repeat(1 + dice.below(8)) + after;
    case 4:
      return before;
    case 5:
      return before + dice.pick(ODD_TEXTS) + after;
    default: {
      const other = dice.below(text.length + 1);
      return before + text.slice(other, other + length) + after;
    }
  }
}

export function mutateBytes(bytes: Uint8Array, dice: Dice): Uint8Array {
  return Uint8Array.from(Buffer.from(mutateText(Buffer.from(bytes).toString("latin1"), dice), "latin1"));
}

interface Tree {
  name: string;
  text: string;
  children: Tree[];
}

function treeOf({ name, text, children }: XmlElement): Tree {
  return { name, text, children: children.map(treeOf) };
}

function all(tree: Tree): Tree[] {
  return [tree, ...tree.children.flatMap(all)];
}

function write({ name, text, children }: Tree): string {
  return `<${name}>${escapeText(text)}${children.map(write).join("")}</${name}>`;
}

const STRUCTURAL: readonly ((tree: Tree, dice: Dice, names: readonly string[]) => void)[] = [
  // Two children change places
  ({ children }, dice) => {
    if (children.length < 2) return;
    const [one, other] = [dice.below(children.length), dice.below(children.length)];
    [children[one], children[other]] = [children[other]!, children[one]!];
  },
  // A child is dropped
  ({ children }, dice) => void children.splice(dice.below(children.length || 1), 1),
  // A child is doubled, or many times over
  ({ children }, dice) => {
    if (children.length === 0) return;
    const child = dice.pick(children);
    for (let times = dice.chance(0.9) ? 1 : dice.below(300); times > 0; times--) children.push(structuredClone(child));
  },
  // An element is nested into itself
  (tree, dice) => {
    for (let depth = dice.chance(0.8) ? 1 : dice.below(60); depth > 0; depth--) {
      tree.children = [{ name: tree.name, text: tree.text, children: tree.children }];
    }
  },
  // A text becomes odd
  (tree, dice) => void (tree.text = dice.pick(ODD_TEXTS)),
  // A text is changed a little
  (tree, dice) => void (tree.text = mutateText(tree.text, dice)),
  // A name becomes another of the document
  (tree, dice, names) => void (tree.name = dice.pick(names)),
  // An element from elsewhere is put in
  (tree, dice, names) => void tree.children.push({ name: dice.pick(names), text: dice.pick(ODD_TEXTS), children: [] }),
  // An element loses what is in it
  (tree) => void (tree.children = []),
  // A number is moved to where bounds are
  (tree, dice) => {
    if (/^\d+$/.test(tree.text)) tree.text = String(Number(tree.text) + dice.pick([-1, 1, -2, 2, 100, 1e6, 1e9, 1e15]));
  },
];

const LEAF_ONLY = 9;

/** Some changes of a document's structure; it stays well-formed, and mostly says something that is wrong. */
export function mutateDocument(root: XmlElement, dice: Dice): string {
  const tree = treeOf(root);
  const names = all(tree).map((element) => element.name);
  for (let changes = 1 + dice.below(3); changes > 0; changes--) {
    const which = dice.below(STRUCTURAL.length + 4);
    const index = which < STRUCTURAL.length ? which : dice.pick([4, 5, LEAF_ONLY, LEAF_ONLY]);
    const elements = all(tree);
    const leaves = elements.filter((element) => element.children.length === 0);
    const element = index === 4 || index === 5 || index === LEAF_ONLY ? dice.pick(leaves) : dice.pick(elements);
    STRUCTURAL[index]?.(element, dice, names);
  }
  return write(tree);
}
