/**
 * Reads a request as its description in `docs/VALIDATION.md` says, and nothing looser: the XML of the source, JSON, or JSON sealed to a key
 * (RFC 7516). What a validation service of an organisation has to do, in the fewest lines.
 */

import type { KeyObject } from 'node:crypto'
import { compactDecrypt } from 'jose'
import { aListOf, anId, anInteger, aRecord, aText, type ShapeOf } from '../base/shape.ts'

const someItems = aListOf(aRecord({ name: aText(64), value: aText(1100) }), 200)
export type Items = ShapeOf<typeof someItems>

const aRequest = aRecord({ transactionId: anId, submission: anInteger(1, 1000), items: someItems })

/** A declaration in either of the source's spellings, then `params` with nothing but `param` in it: no document type, no comment. */
const DOCUMENT =
  /^<\?xml version="1\.0" encoding='UTF-8' ?\?>\s*<params>\s*((?:<param name="[^"<]*" value="[^"<]*" ?\/>\s*)*)<\/params>\s*$/
const PARAM = /<param name="([^"]*)" value="([^"]*)"/g
const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

export type RequestType = 'xml' | 'json' | 'sealed'

/** @returns what a media type stands for here. */
export function requestTypeOf(contentType: string | undefined): RequestType | undefined {
  const type = contentType?.split(';')[0]?.trim().toLowerCase()
  if (type === 'text/xml' || type === 'application/xml') return 'xml'
  if (type === 'application/json') return 'json'
  return type === 'application/jose' ? 'sealed' : undefined
}

/** @param key opens sealed requests. @returns the items, or `undefined` when the body is not what its type says. Never throws. */
export async function readItems(
  type: RequestType,
  body: Uint8Array,
  key: KeyObject | undefined,
): Promise<Items | undefined> {
  try {
    if (type === 'xml') return xmlItems(textOf(body))
    if (type === 'json') return jsonRequest(textOf(body))?.items
    return key === undefined ? undefined : await sealedItems(textOf(body), key)
  } catch {
    return undefined
  }
}

async function sealedItems(text: string, key: KeyObject): Promise<Items | undefined> {
  const { plaintext, protectedHeader } = await compactDecrypt(text, key, {
    keyManagementAlgorithms: ['RSA-OAEP-256', 'ECDH-ES'],
    contentEncryptionAlgorithms: ['A256GCM'],
  })
  const request = jsonRequest(textOf(plaintext))
  // Whoever routed by the header must have routed what is inside.
  return request?.transactionId === protectedHeader['transactionId'] ? request?.items : undefined
}

function jsonRequest(text: string): ShapeOf<typeof aRequest> | undefined {
  const value: unknown = JSON.parse(text)
  return aRequest(value) ? value : undefined
}

function xmlItems(text: string): Items | undefined {
  const params = DOCUMENT.exec(text)?.[1]
  if (params === undefined) return undefined
  const items = [...params.matchAll(PARAM)].map(([, name = '', value = '']) => ({
    name: unescaped(name),
    value: unescaped(value),
  }))
  return someItems(items) ? items : undefined
}

/** @throws Error at an entity that XML does not have by itself: there is nobody who could have declared it. */
function unescaped(text: string): string {
  return text.replace(/&([^;]*);?/g, (_, name: string) => {
    const character = ENTITIES[name]
    if (character === undefined) throw new Error('an entity that nobody knows')
    return character
  })
}

function textOf(body: Uint8Array): string {
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body)
}
