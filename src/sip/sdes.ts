/**
 * Keys of SRTP in session descriptions: one a=crypto line (RFC 4568), read and written; the suites are those of RFC 4568, RFC 6188 and
 * RFC 7714. What is read strictly: a line that is not exactly what the grammar of section 9.2 says is broken, and its fault says in what,
 * never with which octets.
 *
 * A line that is sound but asks for what we cannot do is *skipped*, as section 5.1.2 wants it: an unknown suite, several keys or a master key
 * index, a session parameter that changes the protection. So nobody is talked into sending unencrypted or without tags.
 */

import { SRTP_SUITES, type SrtpSuite, type SrtpSuiteName } from '../base/srtp-suites.ts'

/** A line that can be used. */
export type CryptoLine = {
  /** Numbers the line; the answer repeats it (RFC 4568 section 5.1.2). */
  readonly tag: number
  readonly suite: SrtpSuiteName
  /** Master key and salt. Whoever holds it last overwrites it. */
  readonly master: Uint8Array
  /** Packets that may be protected with the key, when its owner said (RFC 4568 section 6.1). */
  readonly lifetime: number | undefined
}

/** What is wrong with a line, for people: it holds nothing of the line. */
export type CryptoFlaw = 'line' | 'tag' | 'method' | 'key' | 'key-length' | 'lifetime' | 'index' | 'parameter'

export type CryptoRead =
  | { readonly result: 'usable'; readonly line: CryptoLine }
  /** Sound, and not for us. */
  | { readonly result: 'skipped' }
  | { readonly result: 'broken'; readonly flaw: CryptoFlaw }

const LINE = /^(\d{1,10}) +([A-Za-z0-9_]{1,64}) +(\S{1,512})((?: +\S{1,256})*)$/
const TAG = /^(?:0|[1-9]\d{0,8})$/
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/
const INDEX = /^[1-9]\d{0,9}:(?:[1-9]\d{0,2})$/
const LIFETIME = /^(?:2\^([1-9]\d?)|([1-9]\d{0,14}))$/
/** A window of at least 64, which is what we have in any case (RFC 4568 section 6.3.6). */
const WINDOW = /^WSH=(?:6[4-9]|[7-9]\d|[1-9]\d{2,4})$/
/** Octets of a master key index at most (RFC 4568 section 6.1). */
const INDEX_OCTETS_MAX = 128
/** SRTCP has the shorter index (RFC 3711 section 9.2), but the life of a key is counted in packets of SRTP. */
const LIFETIME_MAX = 2 ** 48

/** Reads the value of an a=crypto line, what is behind the colon. Never throws. */
export function readCrypto(value: string): CryptoRead {
  const [, tag = '', name = '', keys = '', parameters = ''] = LINE.exec(value) ?? []
  if (tag === '') return broken('line')
  if (!TAG.test(tag)) return broken('tag')
  const suite = SRTP_SUITES.find((row) => row.name === name)
  if (suite === undefined) return { result: 'skipped' }
  const several = keys.split(';')
  if (several.some((key) => !/^inline:/i.test(key))) return broken('method')
  const read = several.map((key) => readKey(key.slice('inline:'.length), suite))
  const flaw = read.find((key) => typeof key === 'string')
  const wanted = readParameters(parameters.trim())
  if (typeof flaw === 'string' || wanted === 'broken') {
    for (const key of read) if (typeof key !== 'string') key.master.fill(0)
    return broken(typeof flaw === 'string' ? flaw : 'parameter')
  }
  const [first, ...others] = read
  if (first === undefined || typeof first === 'string') return broken('key')
  if (others.length > 0 || first.indexed || wanted === 'other') {
    for (const key of read) if (typeof key !== 'string') key.master.fill(0)
    return { result: 'skipped' }
  }
  return {
    result: 'usable',
    line: { tag: Number(tag), suite: suite.name, master: first.master, lifetime: first.lifetime },
  }
}

/** @returns the value of an a=crypto line; a lifetime is not written, so that the longest holds. */
export function writeCrypto({ tag, suite, master }: Pick<CryptoLine, 'tag' | 'suite' | 'master'>): string {
  return `${tag} ${suite} inline:${Buffer.from(master.buffer, master.byteOffset, master.length).toString('base64')}`
}

type Key = { readonly master: Uint8Array; readonly lifetime: number | undefined; readonly indexed: boolean }

/** `key||salt ["|" lifetime] ["|" MKI ":" length]` (RFC 4568 section 9.2). */
function readKey(text: string, suite: SrtpSuite): Key | CryptoFlaw {
  const [key = '', ...more] = text.split('|')
  if (more.length > 2) return 'key'
  const indexed = more.at(-1)?.includes(':') === true
  const rest = indexed ? more.slice(0, -1) : more
  if (rest.length > 1) return 'lifetime'
  if (indexed && !isIndex(more.at(-1) as string)) return 'index'
  const lifetime = rest[0] === undefined ? undefined : readLifetime(rest[0])
  if (rest[0] !== undefined && lifetime === undefined) return 'lifetime'
  if (!BASE64.test(key)) return 'key'
  const decoded = Buffer.from(key, 'base64')
  // Memory of its own: what Buffer decodes into is shared and never overwritten.
  const master = Uint8Array.from(decoded)
  const canonical = decoded.toString('base64') === key || decoded.toString('base64').replace(/=+$/, '') === key
  decoded.fill(0)
  if (canonical && master.length === suite.keySize + suite.saltSize) return { master, lifetime, indexed }
  master.fill(0)
  return canonical ? 'key-length' : 'key'
}

function isIndex(text: string): boolean {
  return INDEX.test(text) && Number(text.split(':')[1]) <= INDEX_OCTETS_MAX
}

function readLifetime(text: string): number | undefined {
  const [, power, plain] = LIFETIME.exec(text) ?? []
  const packets = power === undefined ? Number(plain) : 2 ** Number(power)
  return packets >= 1 && packets <= LIFETIME_MAX ? packets : undefined
}

/** Session parameters (RFC 4568 section 6.3). Those that begin with "-" may be ignored by whoever does not know them. */
function readParameters(text: string): 'none' | 'other' | 'broken' {
  let other = false
  for (const word of text === '' ? [] : text.split(/ +/)) {
    if (!/^-?[A-Za-z0-9_]+(?:=\S+)?$/.test(word)) return 'broken'
    if (word.startsWith('-') || WINDOW.test(word)) continue
    other = true
  }
  return other ? 'other' : 'none'
}

function broken(flaw: CryptoFlaw): CryptoRead {
  return { result: 'broken', flaw }
}
