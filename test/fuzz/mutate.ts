/**
 * Octets made wrong, by chance that can be had again: the same seed and round give the same input. Mutations know lines, lengths, quotes,
 * parameters and encodings, since octets that are wrong anywhere seldom get past a reader's first test.
 */

import { seeded } from '../rtp/seeded.ts'

/** Longest input: a datagram. */
export const MAX_INPUT = 65_507

type Chance = { readonly below: (limit: number) => number; readonly pick: <T>(from: readonly T[]) => T }
type Mutation = (octets: Buffer, chance: Chance, seeds: readonly Uint8Array[]) => Buffer

const NUMBERS = [
  '0',
  '-1',
  '1e9',
  '00000000',
  '65536',
  '2147483648',
  '4294967296',
  '18446744073709551616',
  '9'.repeat(400),
  '0x7f',
  '٣',
]
const PIECES = [
  '\0', '%00', '%', '%zz', '"', '\\', '"\\"', '<', '>', ';', ',', ':', '=', '@', '?', '[', ']', '::', '\r\n', '\n', '\r\n ', '\r\n\r\n', '\t', ' ',
  '<!--', ']]>', '<![CDATA[', '&amp;', '&#0;', '&#x110000;', '&a;', '<!DOCTYPE a>', '{', '}', '[[', '\\u0000', '\\ud800', 'null', '*', '&x', '- ', '? ',
  '\xc0\xaf', '\xed\xa0\x80', '\xf4\x90\x80\x80', '\xef\xbb\xbf', 'ä', '\xff',
  ';tag=x', ';lr', ';received=', ';rport', ';branch=z9hG4bK', 'sip:', 'sips:', 'tel:+1', '<sip:a@b>', 'Via: SIP/2.0/UDP a\r\n', 'a=rtpmap:0 ', 'm=audio 1 RTP/AVP 0\r\n',
  '-----BEGIN CERTIFICATE-----\n', '-----END CERTIFICATE-----\n',
] // biome-ignore format: a dictionary
const NUMBER = /\d+/g

const text = (octets: Uint8Array): string => Buffer.from(octets).toString('latin1')
const octetsOf = (latin1: string): Buffer => Buffer.from(latin1, 'latin1')
const spliced = (octets: Buffer, from: number, to: number, ...between: Uint8Array[]): Buffer =>
  Buffer.concat([octets.subarray(0, from), ...between, octets.subarray(to)])

/** A random stretch. */
function stretch(octets: Buffer, { below }: Chance, longest = 64): [from: number, to: number] {
  const from = below(octets.length + 1)
  return [from, Math.min(octets.length, from + 1 + below(longest))]
}

/** Changes the lines of a text, whatever ends them. */
const lines =
  (change: (lines: string[], chance: Chance) => void): Mutation =>
  (octets, chance) => {
    const all = text(octets).split('\n')
    change(all, chance)
    return octetsOf(all.join('\n'))
  }

const MUTATIONS: readonly Mutation[] = [
  (octets, { below }) => octets.subarray(0, below(octets.length + 1)),
  (octets, { below }) => {
    for (let n = below(8); n >= 0 && octets.length > 0; n -= 1) {
      const at = below(octets.length)
      octets[at] = (octets[at] ?? 0) ^ (1 << below(8))
    }
    return octets
  },
  (octets, { below }) => {
    for (let n = below(4); n >= 0 && octets.length > 0; n -= 1) octets[below(octets.length)] = below(256)
    return octets
  },
  // A length or a count in binary that promises everything, or nothing.
  (octets, { below, pick }) => {
    const at = below(octets.length + 1)
    return octets.fill(pick([0, 0xff, 0x7f, 0x80]), at, Math.min(octets.length, at + pick([1, 2, 4, 8])))
  },
  (octets, chance) => spliced(octets, ...stretch(octets, chance)),
  (octets, chance) => {
    const [from, to] = stretch(octets, chance)
    return spliced(octets, to, to, octets.subarray(from, to))
  },
  (octets, chance) => {
    const at = chance.below(octets.length + 1)
    return spliced(octets, at, at, octetsOf(chance.pick(PIECES)))
  },
  // The same piece so often that a reader slower than linear is seen.
  (octets, chance) => {
    const at = chance.below(octets.length + 1)
    const piece = chance.below(3) === 0 ? octets.subarray(...stretch(octets, chance)) : octetsOf(chance.pick(PIECES))
    const times = Math.floor(chance.pick([20, 200, 5000, MAX_INPUT]) / Math.max(1, piece.length))
    return spliced(octets, at, at, Buffer.from(text(piece).repeat(Math.max(1, times)), 'latin1'))
  },
  (octets, { below, pick }) => {
    const found = [...text(octets).matchAll(NUMBER)]
    const one = found[below(found.length)]
    return one === undefined ? octets : spliced(octets, one.index, one.index + one[0].length, octetsOf(pick(NUMBERS)))
  },
  lines((all, { below }) => all.splice(below(all.length), 0, all[below(all.length)] ?? '')),
  lines((all, { below }) => all.splice(below(all.length), 1)),
  lines((all, { below }) => {
    const [one, other] = [below(all.length), below(all.length)]
    ;[all[one], all[other]] = [all[other] ?? '', all[one] ?? '']
  }),
  lines((all, { below }) => {
    const at = below(all.length)
    all[at] = (all[at] ?? '').replace(
      /^([\w-]+)(:)/,
      (_, name: string, colon: string) =>
        `${below(2) === 0 ? name.toUpperCase() : name}${' '.repeat(below(4))}${colon}`,
    )
  }),
  (octets, chance) => {
    const [from, to] = stretch(octets, chance, 8)
    const escaped = [...octets.subarray(from, to)].map((octet) => `%${octet.toString(16).padStart(2, '0')}`)
    return spliced(octets, from, to, octetsOf(escaped.join('')))
  },
  // The front of one with the end of another.
  (octets, { below, pick }, seeds) => {
    const other = Buffer.from(pick(seeds))
    return Buffer.concat([octets.subarray(0, below(octets.length + 1)), other.subarray(below(other.length + 1))])
  },
]

/** @returns the input of a round: one of the seeds, changed one to four times. */
export function mutated(seeds: readonly Uint8Array[], seed: number, round: number): Buffer {
  const random = seeded(Math.imul(seed, 0x9e3779b1) ^ Math.imul(round + 1, 0x85ebca6b))
  const below = (limit: number): number => Math.floor(random() * limit)
  const chance: Chance = {
    below,
    pick: (from) => {
      const one = from[below(from.length)]
      if (one === undefined) throw new Error('nothing to pick from')
      return one
    },
  }
  let octets: Buffer = Buffer.from(chance.pick(seeds))
  for (let n = below(4); n >= 0; n -= 1) octets = chance.pick(MUTATIONS)(octets, chance, seeds).subarray(0, MAX_INPUT)
  return Buffer.from(octets)
}
