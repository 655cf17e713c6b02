/**
 * What an agent has filled in, for as long as its call stands: a reload does not lose it. It may be about people and browsers keep what tabs store on the disk, so it is stored sealed alone (AES-GCM,
 * NIST SP 800-38D), under a key that the server makes for this log-in and this call and gives to nobody once the call is over: what may be left on a disk then opens no more.
 */

import type { Api } from '../shared/api.ts'
import type { Filled } from './form-check.ts'

export type Kept = {
  /** What is being filled in; without a form's name, a form is being chosen. */
  readonly draft?: { readonly form: string | undefined; readonly filled: Filled; readonly retryOf: string | undefined }
  /** What went with the last session. */
  readonly last?: Filled
}

export type DraftKeeper = {
  /** Takes the place of what was kept of this call; what is empty is kept no more. */
  keep(callId: string, kept: Kept): void
  /** @returns undefined when nothing is kept, or nothing that opens. */
  read(callId: string): Promise<Kept | undefined>
  /** Forgets what is of other calls than these. */
  keepOnly(standing: ReadonlySet<string>): void
}

const KEPT_AS = 'sotto-draft-'
const IV_OCTETS = 12

export function createDraftKeeper(api: Api, signal: AbortSignal): DraftKeeper {
  const keys = new Map<string, Promise<CryptoKey>>()
  /** What is still to be written. */
  const wanted = new Map<string, Kept>()
  let isWriting = false

  const keyOf = (callId: string) => {
    const known = keys.get(callId) ?? readKey(api, callId, signal)
    keys.set(callId, known)
    known.catch(() => keys.delete(callId))
    return known
  }
  const writeAll = async () => {
    if (isWriting) return
    isWriting = true
    for (let next = first(wanted); next !== undefined; next = first(wanted)) {
      const [callId, kept] = next
      const text = await sealed(kept, keyOf(callId)).catch(() => undefined)
      // What has changed meanwhile has its turn; what is of a call that is over has none.
      if (wanted.get(callId) !== kept) continue
      wanted.delete(callId)
      store(callId, text)
    }
    isWriting = false
  }
  return {
    keep(callId, kept) {
      if (kept.draft === undefined && kept.last === undefined) {
        wanted.delete(callId)
        store(callId, undefined)
        return
      }
      wanted.set(callId, kept)
      void writeAll()
    },
    async read(callId) {
      const text = stored(callId)
      if (text === undefined) return undefined
      try {
        return await opened(text, await keyOf(callId))
      } catch {
        return undefined
      }
    },
    keepOnly(standing) {
      for (const callId of [...wanted.keys(), ...keys.keys()]) {
        if (standing.has(callId)) continue
        wanted.delete(callId)
        keys.delete(callId)
      }
      for (const callId of storedCalls()) if (!standing.has(callId)) store(callId, undefined)
    },
  }
}

async function readKey(api: Api, callId: string, signal: AbortSignal): Promise<CryptoKey> {
  const { key } = await api.get<{ key: string }>(`/api/v1/calls/${encodeURIComponent(callId)}/draft-key`, signal)
  return crypto.subtle.importKey('raw', octetsOf(key), 'AES-GCM', false, ['encrypt', 'decrypt'])
}

async function sealed(kept: Kept, keyAsked: Promise<CryptoKey>): Promise<string> {
  const key = await keyAsked
  const iv = crypto.getRandomValues(new Uint8Array(IV_OCTETS))
  const text = new TextEncoder().encode(JSON.stringify(kept))
  const octets = new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, text))
  return `${textOf(iv)} ${textOf(octets)}`
}

async function opened(text: string, key: CryptoKey): Promise<Kept> {
  const [iv = '', octets = ''] = text.split(' ')
  const algorithm = { name: 'AES-GCM', iv: octetsOf(iv) }
  const plain = await crypto.subtle.decrypt(algorithm, key, octetsOf(octets))
  return JSON.parse(new TextDecoder().decode(plain)) as Kept
}

/** Base64 (RFC 4648 section 4). */
function octetsOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0))
}

function textOf(octets: Uint8Array): string {
  return btoa(String.fromCharCode(...octets))
}

/** A page around us may forbid storage; then a reload loses what was filled in. */
function store(callId: string, text: string | undefined): void {
  try {
    if (text === undefined) sessionStorage.removeItem(KEPT_AS + callId)
    else sessionStorage.setItem(KEPT_AS + callId, text)
  } catch {}
}

function stored(callId: string): string | undefined {
  try {
    return sessionStorage.getItem(KEPT_AS + callId) ?? undefined
  } catch {
    return undefined
  }
}

function storedCalls(): readonly string[] {
  try {
    return Object.keys(sessionStorage).flatMap((name) => (name.startsWith(KEPT_AS) ? [name.slice(KEPT_AS.length)] : []))
  } catch {
    return []
  }
}

function first<K, V>(map: ReadonlyMap<K, V>): readonly [K, V] | undefined {
  return map.entries().next().value
}
