/**
 * `add-in.json`: what an add-in is called, what it is made of, and what it asks for (docs/ADD-INS.md). Pure: text in, manifest or problems out. What is wrong is told all at once,
 * each with its place and what to do; no value of the file is repeated.
 */

import { type Static, type TProperties, type TSchema, Type } from 'typebox'
import { Default } from 'typebox/value'
import { holdsCardNumber } from '../base/card-text.ts'
import { keyOf, readYaml } from '../base/config-sources.ts'
import { misfitsOf } from '../base/misfits.ts'
import { CALL_ATTRIBUTES, type CallAttribute } from './call-attributes.ts'
import { placeholderProblem, urlProblem } from './lookup-url.ts'

export const MANIFEST = 'add-in.json'
/** The version of docs/ADD-INS.md that is spoken here. */
const CONTRACT = 1

/** Something wrong with an add-in. */
export type AddInProblem = {
  /** Within its folder; empty for the folder itself. */
  readonly file: string
  /** Within the file, such as `lookups.order.url`; empty for the whole. */
  readonly place: string
  readonly says: string
  readonly advice: string
}

const NAME_CHARS = 64
/** A valid custom element name (HTML, section 4.13.3), in the letters that folders and addresses take as well. */
const ELEMENT = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)+$/
/** Names with a dash that SVG and MathML have taken. */
const TAKEN = new Set([
  ...['annotation-xml', 'color-profile', 'missing-glyph'],
  ...['font-face', 'font-face-src', 'font-face-uri', 'font-face-format', 'font-face-name'],
])
const LOOKUP_NAME = '^[a-z][a-z0-9-]{0,63}$'
/** RFC 9110 section 5.6.2. */
const HEADER_NAME = "^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$"
/** Those that a request is held together by; they are no add-in's. */
const OWN_HEADERS = new Set([
  ...['host', 'connection', 'content-length', 'transfer-encoding', 'upgrade', 'te', 'trailer', 'expect', 'keep-alive'],
  ...['accept-encoding', 'proxy-authorization', 'proxy-connection', 'cookie'],
])
const SECRET_IN = /\{secret:([^{}]*)\}/g
const SECRET_NAME = /^[\p{L}\p{N}_.-][\p{L}\p{N}_. -]{0,63}$/u
const MEMBER = /^[^\p{Cc}\p{Cs}]{1,64}$/u

function members<P extends TProperties>(properties: P) {
  return Type.Object(properties, { additionalProperties: false })
}

/** A map with keys of the writer's choice; their shape is looked at afterwards. */
function mapOf<S extends TSchema>(each: S, description: string) {
  return Type.Unsafe<Record<string, Static<S>>>(
    Type.Object({}, { additionalProperties: each, default: {}, description }),
  )
}

const fileName = (ending: string) =>
  Type.String({
    pattern: `^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}\\.${ending}$`,
    says: `the name of a file that ends with .${ending}`,
  })

const lookup = members({
  url: Type.String({
    minLength: 1,
    maxLength: 2000,
    description: 'Where it is asked; {name} stands for a value that the form asks with.',
  }),
  headers: mapOf(
    Type.String({ pattern: '^[\\x20-\\x7e]{0,1024}$', says: 'text of ASCII' }),
    'Sent along; {secret:name} stands for a secret of the form.',
  ),
  answer: Type.Array(Type.String({ minLength: 1, maxLength: 64 }), {
    minItems: 1,
    maxItems: 30,
    uniqueItems: true,
    description: 'Members of the answer that the form is given.',
  }),
  timeoutMs: Type.Integer({ minimum: 100, maximum: 30_000, default: 5000 }),
})

const manifest = members({
  contract: Type.Integer({
    minimum: CONTRACT,
    maximum: CONTRACT,
    description: `${CONTRACT}: the version of docs/ADD-INS.md.`,
  }),
  name: Type.String({ minLength: 1, maxLength: NAME_CHARS, description: 'Its name, which is that of its folder.' }),
  version: Type.String({
    pattern: '^\\d{1,6}\\.\\d{1,6}\\.\\d{1,6}(-[0-9A-Za-z.-]{1,32})?$',
    says: 'a version such as 1.0.0',
    description: 'Such as 1.0.0.',
  }),
  title: Type.String({
    pattern: '^[^\\p{Cc}\\p{Cs}]{1,128}$',
    says: 'text of one line, at most 128 characters',
    description: 'What people call it.',
  }),
  script: { ...fileName('js'), description: 'The script that defines its element.' } as ReturnType<typeof fileName>,
  styles: Type.Array(fileName('css'), { maxItems: 8, uniqueItems: true, default: [], description: 'Its styles.' }),
  attributes: Type.Array(Type.Unsafe<CallAttribute>(Type.Enum([...CALL_ATTRIBUTES])), {
    maxItems: CALL_ATTRIBUTES.length,
    uniqueItems: true,
    default: [],
    description: 'What of the call it is given.',
  }),
  lookups: mapOf(lookup, 'What it may ask for, by name.'),
})

type Frozen<T> = T extends object ? { readonly [K in keyof T]: Frozen<T[K]> } : T
export type Manifest = Frozen<Static<typeof manifest>>
export type Lookup = Manifest['lookups'][string]

/** What the configuration says of where lookups may go. */
export type LookupPlaces = {
  /** Names and addresses, without a port. */
  readonly allowHosts: readonly string[]
  /** Whether HTTP without TLS may be spoken on this machine. */
  readonly plainLoopback: boolean
}

/** @param folder that it stands in. @returns the manifest, or everything that is wrong with it; never throws on bad input. */
export function readManifest(
  text: string,
  folder: string,
  places: LookupPlaces,
): { readonly manifest: Manifest } | { readonly problems: readonly AddInProblem[] } {
  let raw: unknown
  try {
    raw = JSON.parse(text)
  } catch (thrown) {
    return { problems: [problem(lineOf(thrown, text), 'This is no JSON.', 'Check commas, quotes and brackets.')] }
  }
  const tree = Default(manifest, raw)
  const misfits = misfitsOf(manifest, tree)
  if (misfits.length > 0)
    return { problems: misfits.map(({ path, says, advice }) => problem(keyOf(path), says, advice)) }
  const found = tree as Manifest
  const problems = [...nameProblems(found, folder), ...lookupsProblems(found, places)]
  return problems.length > 0 ? { problems } : { manifest: found }
}

/** @returns where JSON ends to be some, as far as anybody says: the engine names the line of some mistakes, the reader of YAML, which JSON is too, that of others. */
function lineOf(thrown: unknown, text: string): string {
  const line = /line (\d+)/.exec(String(thrown))?.[1] ?? readYaml(text, {}).problems[0]?.line
  return line === undefined ? '' : `line ${line}`
}

/** @returns the names of the secrets that stand in a header. */
export function secretsIn(header: string): readonly string[] {
  return [...header.matchAll(SECRET_IN)].map(([, name = '']) => name)
}

/** @returns a header with its secrets in their places. */
export function withSecrets(header: string, secretOf: (name: string) => string): string {
  return header.replace(SECRET_IN, (_, name: string) => secretOf(name))
}

function nameProblems({ name, title }: Manifest, folder: string): readonly AddInProblem[] {
  if (!ELEMENT.test(name) || TAKEN.has(name))
    return [
      problem(
        'name',
        'This is no name of a custom element.',
        'Take small letters, digits and at least one dash, such as order-lookup.',
      ),
    ]
  if (name !== folder) return [problem('name', 'The folder has another name.', 'Call the two the same.')]
  if (holdsCardNumber(title)) return [problem('title', 'There is a card number here.', 'Remove it.')]
  return []
}

function lookupsProblems({ lookups }: Manifest, places: LookupPlaces): readonly AddInProblem[] {
  return Object.entries(lookups).flatMap(([name, { url, headers, answer }]) => {
    if (!new RegExp(LOOKUP_NAME).test(name))
      return [problem('lookups', 'A lookup has a name that cannot be taken.', 'Take small letters, digits and dashes.')]
    const at = `lookups.${name}`
    return [
      ...[urlProblem(url, places), placeholderProblem(url)].flatMap((found) =>
        found === undefined ? [] : [problem(`${at}.url`, found.says, found.advice)],
      ),
      ...Object.entries(headers).flatMap(([header, value]) => headerProblems(`${at}.headers`, header, value)),
      ...answer
        .filter((member) => !MEMBER.test(member))
        .map(() =>
          problem(`${at}.answer`, 'A member has a name that cannot be taken.', 'Name members of the JSON answer.'),
        ),
    ]
  })
}

function headerProblems(at: string, header: string, value: string): readonly AddInProblem[] {
  if (!new RegExp(HEADER_NAME).test(header))
    return [problem(at, 'A header has a name that cannot be taken.', 'Take letters, digits and dashes.')]
  const place = `${at}.${header}`
  if (OWN_HEADERS.has(header.toLowerCase()))
    return [problem(place, "This header is no add-in's to set.", 'Leave it out.')]
  if (!secretsIn(value).every((name) => SECRET_NAME.test(name)) || /[{}]/.test(value.replace(SECRET_IN, '')))
    return [
      problem(
        place,
        'What stands in braces is no secret.',
        'Write {secret:name}, with the name that the secret has in the form.',
      ),
    ]
  return []
}

function problem(place: string, says: string, advice: string): AddInProblem {
  // A key of the writer's choice may hold what must not be repeated.
  return { file: MANIFEST, place: holdsCardNumber(place) ? '' : place, says, advice }
}
