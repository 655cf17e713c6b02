/**
 * What a character is to a card number: a digit of some script, what people put between digits, nothing at all, or its end. Characters are known by
 * their code points, so that no text has to be made of what was written; as everywhere, they count as their compatible form (Unicode TR 15, NFKC):
 * a full-width, superscript or circled digit is one.
 *
 * Read from the engine's own Unicode tables, for 256 characters at a time and once: a table of ours would be one more thing to grow old.
 */

import { digitValue } from '../base/card-text.ts'

/** 0 to 9: a digit of this value. */
export const SEPARATOR = 10
/** Takes no place: accents and other marks, joiners, what turns the direction of writing. Whoever hides digits behind them hides nothing. */
export const NO_WIDTH = 11
/** A letter, or a number that is no digit: a card number does not go on behind it. */
export const BREAK = 12
/** Several of these: `partsOf` has them. */
export const SPELLED = 13

const BLOCK_SIZE = 256
const DIGIT = /^\p{Nd}$/u
const LETTER_OR_NUMBER = /^[\p{L}\p{N}]$/u
const MARK_OR_FORMAT = /^[\p{M}\p{Cf}]$/u
/** Nothing above is a letter or a digit; tags and variation selectors are there. */
const FIRST_WITHOUT_LETTERS = 0x4_0000

const blocks: (Uint8Array | undefined)[] = []
const spelled = new Map<number, Uint8Array>()

/** Reads all tables: some 80 ms, which are spent before calls come, and not on whoever is the first to write in many scripts. */
export function readKinds(): void {
  for (let number = 0; number < FIRST_WITHOUT_LETTERS / BLOCK_SIZE; number++) blockAt(number)
}

/** @returns what a code point is to a card number. */
export function kindOf(codePoint: number): number {
  if (codePoint >= FIRST_WITHOUT_LETTERS) return NO_WIDTH
  return blockAt(codePoint >>> 8)[codePoint & 0xff] as number
}

/** @returns the parts of a `SPELLED` one in their order, such as 1 and 0 of a circled ten. */
export function partsOf(codePoint: number): Uint8Array {
  return spelled.get(codePoint) ?? NO_PARTS
}

const NO_PARTS = new Uint8Array(0)

function blockAt(number: number): Uint8Array {
  const known = blocks[number]
  if (known !== undefined) return known
  const block = new Uint8Array(BLOCK_SIZE)
  for (let i = 0; i < BLOCK_SIZE; i++) {
    const codePoint = number * BLOCK_SIZE + i
    const parts = Array.from(String.fromCodePoint(codePoint).normalize('NFKC'), kindOfCharacter)
    block[i] = parts.length === 1 ? (parts[0] as number) : SPELLED
    if (parts.length !== 1) spelled.set(codePoint, Uint8Array.from(parts))
  }
  blocks[number] = block
  return block
}

function kindOfCharacter(character: string): number {
  if (DIGIT.test(character)) return digitValue(character)
  if (LETTER_OR_NUMBER.test(character)) return BREAK
  return MARK_OR_FORMAT.test(character) ? NO_WIDTH : SEPARATOR
}
