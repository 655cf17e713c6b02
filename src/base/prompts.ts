/**
 * The words of the prompts: which clips every locale needs, and the manifest that lies beside the clips of one
 * locale (`prompts/<locale>/manifest.json`). Reads no file and knows no sound; `sotto prompts` makes and checks the clips.
 */

/**
 * Every clip of the default card flow, which a locale must have to stand by itself; digits are for reading back. What another flow says
 * beyond it may stand in any locale of its chain, and is looked for before a session begins.
 */
export const REQUIRED_CLIPS = [
  'welcome',
  'ask-card-number',
  'ask-expiry',
  'ask-security-code',
  'ask-security-code-four',
  'too-short',
  'too-long',
  'card-number-invalid',
  'card-brand-refused',
  'expiry-invalid',
  'expired',
  'security-code-invalid',
  'nothing-heard',
  'try-again',
  'cleared',
  'last-attempt',
  'please-wait',
  'accepted',
  'accepted-ending-in',
  'declined',
  'failed',
  'too-many-attempts',
  'cancelled',
  'returning',
  'digit-0',
  'digit-1',
  'digit-2',
  'digit-3',
  'digit-4',
  'digit-5',
  'digit-6',
  'digit-7',
  'digit-8',
  'digit-9',
] as const

export type RequiredClipId = (typeof REQUIRED_CLIPS)[number]

/** The clip that says a digit, by its value: to be indexed, so that saying a digit makes no string of it. */
export const DIGIT_CLIPS: readonly RequiredClipId[] = REQUIRED_CLIPS.filter((id) => id.startsWith('digit-'))

/** Name of the manifest in the folder of a locale. */
export const MANIFEST_NAME = 'manifest.json'
/** Folder beside the clips of a locale of what was replaced over the API (`src/prompts/prompt-files.ts`). */
export const REPLACED_FOLDER = 'replaced'
export const TEXT_LENGTH_MAX = 1_000

export type Clip = {
  /** What is said. */
  readonly text: string
  /** `recorded` clips belong to the administrator: a build never writes them. */
  readonly source: 'synthesised' | 'recorded'
  /** SHA-256 (hex) of the text that the WAV was made from; a text that differs makes the clip stale. */
  readonly textSha256: string | undefined
  /** SHA-256 (hex) of the WAV as the build wrote it, so that a file changed by hand is not taken for one of ours. */
  readonly wavSha256: string | undefined
}

export type Manifest = {
  /** Language tag, like `en` or `pt-BR`; the name of the folder. */
  readonly locale: string
  /** Synthesiser and voice as `synthesiser/voice`. */
  readonly voice: string
  /** By clip id, in the order of the file. May hold more than {@link REQUIRED_CLIPS}. */
  readonly clips: ReadonlyMap<string, Clip>
}

const ID_SHAPE = /^[a-z0-9]+(-[a-z0-9]+)*$/
const LOCALE_SHAPE = /^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/
const VOICE_SHAPE = /^[a-z][a-z0-9-]*\/[A-Za-z0-9][A-Za-z0-9_+-]*$/
const SHA256_SHAPE = /^[0-9a-f]{64}$/
const ID_LENGTH_MAX = 64

/** @returns whether a name may be a clip's: small letters, digits and single hyphens, so that it can't leave its folder. */
export function isClipId(id: string): boolean {
  return id.length <= ID_LENGTH_MAX && ID_SHAPE.test(id)
}

/** @returns whether a name may be a locale's, and so a folder's. */
export function isLocale(locale: string): boolean {
  return LOCALE_SHAPE.test(locale)
}

/** @returns name of a clip's file in the folder of its locale. */
export function clipFileName(id: string): string {
  return `${id}.wav`
}

/** @returns the manifest in a value parsed from JSON, or `undefined` if a part is missing, misshapen or unknown. */
export function parseManifest(value: unknown): Manifest | undefined {
  if (!isObject(value) || !hasOnly(value, ['locale', 'voice', 'clips'])) return undefined
  const { locale, voice, clips } = value
  if (typeof locale !== 'string' || !isLocale(locale)) return undefined
  if (typeof voice !== 'string' || !VOICE_SHAPE.test(voice)) return undefined
  if (!isObject(clips)) return undefined
  const parsed = new Map<string, Clip>()
  for (const [id, entry] of Object.entries(clips)) {
    const clip = parseClip(entry)
    if (!isClipId(id) || clip === undefined) return undefined
    parsed.set(id, clip)
  }
  return { locale, voice, clips: parsed }
}

/** @returns the manifest as the text of its file. */
export function writeManifest(manifest: Manifest): string {
  const { locale, voice, clips } = manifest
  return `${JSON.stringify({ locale, voice, clips: Object.fromEntries(clips) }, undefined, 2)}\n`
}

/** @returns an entry of a manifest in a value parsed from JSON. */
export function parseClip(value: unknown): Clip | undefined {
  if (!isObject(value) || !hasOnly(value, ['text', 'source', 'textSha256', 'wavSha256'])) return undefined
  const { text, source, textSha256, wavSha256 } = value
  if (typeof text !== 'string' || text.trim() === '' || text.length > TEXT_LENGTH_MAX) return undefined
  if (source !== 'synthesised' && source !== 'recorded') return undefined
  if (!isHashOrAbsent(textSha256) || !isHashOrAbsent(wavSha256)) return undefined
  return { text, source, textSha256, wavSha256 }
}

function isHashOrAbsent(value: unknown): value is string | undefined {
  return value === undefined || (typeof value === 'string' && SHA256_SHAPE.test(value))
}

function isObject(value: unknown): value is { readonly [name: string]: unknown } & Record<KnownName, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
type KnownName = 'locale' | 'voice' | 'clips' | 'text' | 'source' | 'textSha256' | 'wavSha256'

function hasOnly(value: object, names: readonly string[]): boolean {
  return Object.keys(value).every((name) => names.includes(name))
}
