/**
 * A caller with a card, and the service that validates it, in a process of their own: nobody else knows the number. Run with `fork`;
 * told what to do by messages, it tells counts and verdicts, never a digit.
 */

import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import type { CodecName } from '../../src/base/units.ts'
import { openRtpPhone, type RtpPhone } from '../../src/demo/rtp-phone.ts'
import { longestGapMs, seamsOf } from '../../src/demo/stream-seams.ts'
import { searchMemory } from '../../src/leak/memory-search.ts'
import { type Needle, needlesOf } from '../../src/leak/needles.ts'
import { SEED, seeded } from '../rtp/seeded.ts'
import { openJwe } from './open-jwe.ts'
import { startValidationPeer, type ValidationBehaviour, type ValidationPeer } from './validation-peer.ts'

export type PayerCommand =
  | { readonly do: 'open'; readonly codec: CodecName }
  | { readonly do: 'talk'; readonly port: number }
  /** Another card from now on. */
  | { readonly do: 'card'; readonly brand: 'mastercard' | 'american-express' }
  | {
      readonly do: 'press'
      readonly what: keyof ReturnType<typeof keysOf>
      readonly how: 'event' | 'in-band'
      /** Keys after it, RFC 4733 codes. */
      readonly after: readonly number[]
    }
  | {
      readonly do: 'behave'
      readonly behaviour: ValidationBehaviour
      readonly echo: boolean
      /** Of the reply; XML when absent. */
      readonly format?: 'xml' | 'json'
    }
  /** Takes sealed requests from now on, with a key of this kind. */
  | { readonly do: 'seal'; readonly to: SealingKind }
  /** Compares the last request with what was keyed. */
  | { readonly do: 'compare'; readonly before: string; readonly between: readonly string[]; readonly after: string }
  /** Compares the last request with a text in which `{card}`, `{expiry}`, `{code}` and `{account}` stand for what was keyed. */
  | { readonly do: 'compare-text'; readonly text: string }
  | { readonly do: 'scan'; readonly pid: number }
  /** Opens the last request and compares what was in it; its content key is searched for from now on. */
  | {
      readonly do: 'compare-sealed'
      readonly before: string
      readonly between: readonly string[]
      readonly after: string
    }
  /** Searches itself for what it knows: a scan that finds nothing here can find nothing anywhere. */
  | { readonly do: 'scan-self' }
  | { readonly do: 'hearing' }
  | { readonly do: 'close' }

export type SealingKind = 'rsa' | 'p-256' | 'x25519'

export type PayerAnswer = {
  /** PEM. */
  readonly publicKey?: string
  readonly rtpPort?: number
  readonly validationPort?: number
  readonly authority?: string
  readonly requests?: number
  readonly same?: boolean
  readonly found?: readonly string[]
  readonly octets?: number
  readonly longestGapMs?: number
  readonly seams?: readonly string[]
  readonly packets?: number
}

let phone: RtpPhone
let service: ValidationPeer
let pan: number[] = []
let expiry: number[] = []
let code: number[] = []
let account: number[] = []
let privateKey: KeyObject | undefined
/** Every number there was: they are all searched for. */
const needles: Needle[] = []

const random = seeded(SEED)
/** From `least` to below `limit`. */
const drawn = (least: number, limit: number) => least + Math.floor(random() * (limit - least))

function makeCard(brand: 'mastercard' | 'american-express'): void {
  const prefix = brand === 'mastercard' ? [5, drawn(1, 6)] : [3, drawn(0, 2) === 0 ? 4 : 7]
  const length = brand === 'mastercard' ? 16 : 15
  // The same ones in every run: prompts as G.711 hold hundreds of rows of seven digits, and one number in some hundreds has one of them.
  pan = [...prefix, ...Array.from({ length: length - 3 }, () => drawn(0, 10))]
  const sum = pan.toReversed().reduce((total, digit, i) => total + (i % 2 === 1 ? digit : doubled(digit)), 0)
  pan.push((10 - (sum % 10)) % 10)
  expiry = [1, drawn(0, 3), 3, drawn(0, 6)]
  code = Array.from({ length: brand === 'mastercard' ? 3 : 4 }, () => drawn(0, 10))
  account = Array.from({ length: 12 }, () => drawn(1, 10))
  needles.push(...needlesOf(Uint8Array.from(pan)), ...needlesOf(Uint8Array.from(account)))
}

/** What may be pressed; `nothing` for the keys after it alone. */
function keysOf() {
  return {
    'card-number': pan,
    'half-card-number': pan.slice(0, 8),
    expiry,
    'security-code': code,
    account,
    'half-account': account.slice(0, 6),
    nothing: [],
  }
}

function documentOf({ before, between, after }: Extract<PayerCommand, { before: string }>): Buffer {
  const [first = '', second = ''] = between
  return Buffer.from([before, pan.join(''), first, expiry.join(''), second, code.join(''), after].join(''))
}

function makePair(kind: SealingKind) {
  if (kind === 'rsa') return generateKeyPairSync('rsa', { modulusLength: 2048 })
  return kind === 'x25519' ? generateKeyPairSync('x25519') : generateKeyPairSync('ec', { namedCurve: 'P-256' })
}

/** Digits of the number that a piece of a text holds at least to count. */
const PIECE_DIGITS = 4
/** Octets of a vector register: native code leaves whole ones behind. */
const PIECE_OCTETS = 16

/** Every piece of a text with a part of the number in it: the text has no business in anybody's memory but as it was masked. */
function piecesOf(text: string): Needle[] {
  const places = Array.from({ length: Math.max(0, text.length - PIECE_OCTETS + 1) }, (_, at) => at)
  return places.flatMap((at) => {
    const piece = text.slice(at, at + PIECE_OCTETS)
    const telling = pan.some(
      (_, i) => i + PIECE_DIGITS <= pan.length && piece.includes(pan.slice(i, i + PIECE_DIGITS).join('')),
    )
    return telling
      ? [{ form: `reply, octets ${at} to ${at + PIECE_OCTETS}`, octets: Buffer.from(piece), alone: false }]
      : []
  })
}

const doubled = (digit: number) => (digit > 4 ? digit * 2 - 9 : digit * 2)

async function obey(command: PayerCommand): Promise<PayerAnswer> {
  switch (command.do) {
    case 'open':
      phone = await openRtpPhone({ codec: command.codec })
      service ??= await startValidationPeer()
      return { rtpPort: phone.port, validationPort: service.port, authority: service.authority }
    case 'talk':
      phone.talkTo('127.0.0.1', command.port)
      return {}
    case 'card':
      makeCard(command.brand)
      return {}
    case 'press': {
      await phone.press([...keysOf()[command.what], ...command.after], command.how, 60, 40)
      return {}
    }
    case 'behave': {
      const grouped = pan.join('').replaceAll(/(.{4})/g, '$1 ')
      const echo = `<?xml version="1.0" encoding='UTF-8'?><outcome value="declined" details="Card ${pan.join('')}, ${grouped}, code ${code.join('')}, refused"/>`
      if (command.format !== 'json') {
        if (command.echo) needles.push(...piecesOf(echo))
        service.behave(command.behaviour, command.echo ? echo : undefined)
      } else {
        const details = command.echo ? `Card ${pan.join('')}, ${grouped}, code ${code.join('')}, refused` : 'Good'
        const value = command.echo ? 'declined' : 'accepted'
        const reply = JSON.stringify({ value, details, reference: command.echo ? pan.join('-') : 'A-4711' })
        needles.push(...piecesOf(reply))
        service.behave(command.behaviour, reply, 'application/json')
      }
      return {}
    }
    case 'seal': {
      const pair = makePair(command.to)
      privateKey = pair.privateKey
      return { publicKey: pair.publicKey.export({ type: 'spki', format: 'pem' }).toString() }
    }
    case 'compare-sealed': {
      const request = service.requests.at(-1)
      if (request === undefined || privateKey === undefined) return { same: false }
      const { clear, contentKey } = openJwe(request.body.toString('latin1'), privateKey)
      needles.push({ form: 'content key', octets: contentKey, alone: false })
      return { same: clear.equals(documentOf(command)), requests: service.requests.length }
    }
    case 'compare': {
      return {
        same: service.requests.at(-1)?.body.equals(documentOf(command)) === true,
        requests: service.requests.length,
      }
    }
    case 'compare-text': {
      const text = command.text
        .replaceAll('{card}', pan.join(''))
        .replaceAll('{expiry}', expiry.join(''))
        .replaceAll('{code}', code.join(''))
        .replaceAll('{account}', account.join(''))
      return { same: service.requests.at(-1)?.body.toString() === text, requests: service.requests.length }
    }
    case 'scan':
      return scan(command.pid)
    case 'scan-self':
      return scan(process.pid)
    case 'hearing':
      return {
        longestGapMs: longestGapMs(phone.heard),
        seams: seamsOf(phone.heard),
        packets: phone.heard.length,
      }
    case 'close':
      await phone.close()
      return {}
  }
}

const answer = (message: unknown) => {
  if (process.connected) process.send?.(message)
}
process.on('message', ({ id, command }: { id: number; command: PayerCommand }) => {
  obey(command).then(
    (told) => answer({ id, answer: told }),
    (error: unknown) => answer({ id, error: error instanceof Error ? error.message : 'unknown' }),
  )
})
process.on('disconnect', () => process.exit(0))

/** Which forms of the number a process holds: said by their names, since the number itself is for nobody else. */
function scan(pid: number): { readonly found: readonly string[]; readonly octets: number } {
  const { finds, octets } = searchMemory(pid, needles)
  return { found: [...new Set(finds.map(({ form }) => form))], octets }
}
