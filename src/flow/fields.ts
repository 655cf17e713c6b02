/** One field of a flow file, filled in from the file's defaults and its kind, and checked for what a schema cannot say. */

import { type PatternFlaw, parseDigitPattern } from '../base/digit-pattern.ts'
import type { Brand, FieldKind } from '../vault/contract.ts'
import { IBAN_KEYS, KINDS, kindNamed, SCHEME_KEYS, SPECIAL_OPTIONS } from './kinds.ts'
import type { FlowField, FlowKeys, FlowPrompt, PromptMoment } from './terms.ts'

type KeyNames = { readonly end?: string; readonly clear?: string; readonly escape?: string; readonly moreTime?: string }

/** What every field may say, and `defaults` for all of them. */
export type TimingTree = {
  readonly keys?: KeyNames
  readonly attempts?: number
  readonly firstDigitSeconds?: number
  readonly interDigitSeconds?: number
  readonly moreTimes?: number
}

type PromptTree = { readonly say: string; readonly attempt?: number; readonly brand?: Brand }

/** A field as the schema leaves it. */
export type FieldTree = TimingTree & {
  readonly kind?: FieldKind
  readonly length?: string
  readonly digits?: string
  readonly pattern?: string
  readonly luhn?: boolean
  readonly brands?: readonly Brand[]
  readonly country?: string
  readonly scheme?: FlowField['scheme']
  readonly dateOrder?: FlowField['dateOrder']
  readonly decimals?: number
  readonly largest?: number
  readonly enterTwice?: boolean
  readonly readBack?: FlowField['readBack']
  readonly tell?: FlowField['tell']
  readonly prompts?: Partial<Record<PromptMoment, readonly PromptTree[]>>
}

/** Says what is wrong, and with which option of the field. */
export type Complain = (option: string | undefined, says: string, advice: string) => void

const PATTERN_ADVICE = 'Use digits, sets such as [1-5], groups with | and counts such as {2,4}.'
const FLAWS: Readonly<Record<PatternFlaw['what'], string>> = {
  'nothing-here': 'nothing is here to be counted',
  'not-closed': 'something is not closed',
  'not-opened': 'something is closed that was not opened',
  'not-a-digit': 'this is no digit',
  'bad-range': 'the range is upside down',
  'bad-count': 'the count cannot be',
  'too-large': 'it is too large',
}
const ALL_DIGITS = '0123456789'
/** RFC 4733 section 3.2, table 3. */
const KEY_CODES: Readonly<Record<string, number>> = { star: 10, '*': 10, hash: 11, '#': 11 }
const MORE_TIMES = 2
/** D: no phone of today has it, so that an entry ends by its length or a pause alone. */
const NO_KEY = 15

/** @returns the field, or undefined when its kind is not known; what is wrong is told. */
export function fieldOf(
  name: string,
  tree: FieldTree,
  defaults: TimingTree,
  complain: Complain,
): FlowField | undefined {
  const kind = tree.kind ?? kindNamed(name)
  if (kind === undefined) {
    complain(
      undefined,
      'It is not said what kind of field this is.',
      `Set kind: one of ${Object.keys(KINDS).join(', ')}.`,
    )
    return undefined
  }
  checkOptions(kind, tree, complain)
  const [minKeys, maxKeys] = lengthOf(kind, tree, complain)
  const keyNames = { ...defaults.keys, ...tree.keys }
  const keys = keysOf(keyNames)
  const validKeys = tree.digits ?? ALL_DIGITS
  checkKeys(keys, validKeys, complain)
  const pattern = tree.pattern === undefined ? undefined : parseDigitPattern(tree.pattern)
  if (pattern !== undefined && 'what' in pattern) {
    complain(
      'pattern',
      `This is not a digit pattern (${FLAWS[pattern.what]}, at character ${pattern.at + 1}).`,
      PATTERN_ADVICE,
    )
  }
  const moreTimes = tree.moreTimes ?? defaults.moreTimes ?? (keys.moreTime === undefined ? 0 : MORE_TIMES)
  if (moreTimes > 0 && keys.moreTime === undefined) {
    complain('moreTimes', 'There is no key to ask for more time with.', 'Set keys.moreTime, or leave moreTimes out.')
  }
  return {
    name,
    kind,
    minKeys,
    maxKeys,
    keys,
    attempts: tree.attempts ?? defaults.attempts,
    firstDigitSeconds: tree.firstDigitSeconds ?? defaults.firstDigitSeconds,
    interDigitSeconds: tree.interDigitSeconds ?? defaults.interDigitSeconds,
    moreTimes,
    validKeys,
    pattern: tree.pattern,
    luhn: tree.luhn ?? false,
    brands: tree.brands,
    country: tree.country,
    scheme: tree.scheme,
    dateOrder: tree.dateOrder,
    decimals: tree.decimals ?? (kind === 'amount' ? 2 : undefined),
    largest: tree.largest,
    enterTwice: tree.enterTwice ?? false,
    readBack: tree.readBack ?? 'none',
    tell: tree.tell ?? (kind === 'card-number' ? 'last-four' : 'nothing'),
    prompts: promptsOf(tree.prompts ?? {}),
  }
}

function checkOptions(kind: FieldKind, tree: FieldTree, complain: Complain): void {
  const { options, needs } = KINDS[kind]
  for (const option of SPECIAL_OPTIONS) {
    if (!(option in tree) || options.includes(option)) continue
    const kinds = Object.entries(KINDS).filter(([, row]) => row.options.includes(option))
    complain(
      option,
      `A field of kind ${kind} has no such option.`,
      `It is for ${kinds.map(([word]) => word).join(', ')}; leave it out.`,
    )
  }
  for (const option of needs) {
    if (!(option in tree))
      complain(
        undefined,
        `A field of kind ${kind} needs ${option}.`,
        `Set ${option}; docs/FLOWS.md tells what it takes.`,
      )
  }
  if (kind === 'security-code' || kind === 'pin' || kind === 'one-time-code') {
    if ((tree.readBack ?? 'none') !== 'none') {
      complain(
        'readBack',
        `A field of kind ${kind} is not read back aloud.`,
        'Leave readBack out; enterTwice finds slips too.',
      )
    }
  }
}

function lengthOf(kind: FieldKind, tree: FieldTree, complain: Complain): readonly [number, number] {
  const usual = usualLength(kind, tree)
  if (tree.length === undefined) {
    if (usual !== undefined) return usual
    const advice = 'Set length, if the IBANs of this country hold digits only.'
    complain('country', 'It is not known how long an IBAN of this country is.', advice)
    return KINDS[kind].allowed
  }
  const [min = 0, max = min] = tree.length.split('-').map(Number)
  const [least, most] = KINDS[kind].allowed
  if (min > max)
    complain('length', 'The shortest is longer than the longest.', 'Write the smaller number first, such as 4-17.')
  else if (min < least || max > most) {
    complain(
      'length',
      `A field of kind ${kind} cannot be that long.`,
      `Write ${least === most ? least : `${least} to ${most}`} keys.`,
    )
  }
  return [min, max]
}

function usualLength(kind: FieldKind, { scheme, country }: FieldTree): readonly [number, number] | undefined {
  if (kind === 'national-id' && scheme !== undefined) return SCHEME_KEYS[scheme]
  if (kind !== 'iban' || country === undefined) return KINDS[kind].usual
  const digits = IBAN_KEYS[country]
  return digits === undefined ? undefined : [digits, digits]
}

function keysOf(names: KeyNames): FlowKeys {
  return {
    end: codeOf(names.end ?? 'hash') ?? NO_KEY,
    clear: codeOf(names.clear ?? 'star'),
    escape: codeOf(names.escape ?? 'none'),
    moreTime: codeOf(names.moreTime ?? 'none'),
  }
}

function codeOf(name: string): number | undefined {
  return name === 'none' ? undefined : (KEY_CODES[name] ?? Number(name))
}

/**
 * Two of them clash when both act at the same time: end and clear while something is keyed, escape and more time before. So one key may be
 * clear and escape, but not clear and end.
 */
function checkKeys(keys: FlowKeys, validKeys: string, complain: Complain): void {
  const both = (one: keyof FlowKeys, other: keyof FlowKeys) => keys[one] !== undefined && keys[one] === keys[other]
  if (both('end', 'clear'))
    complain('keys', 'The same key ends and clears an entry.', 'Give end and clear keys of their own.')
  if (both('escape', 'moreTime')) {
    complain(
      'keys',
      'The same key leads to the agent and gives more time.',
      'Give escape and moreTime keys of their own.',
    )
  }
  for (const [name, code] of Object.entries(keys)) {
    if (code !== undefined && code < 10 && validKeys.includes(String(code))) {
      complain(
        'keys',
        `The key for ${name} is one that may be keyed.`,
        'Use star or hash, or leave the digit out of digits.',
      )
    }
  }
}

function promptsOf(tree: NonNullable<FieldTree['prompts']>): FlowPrompt[] {
  return Object.entries(tree).flatMap(([when, rules]) =>
    rules.map(({ say, attempt, brand }) => ({ when: when as PromptMoment, clip: say, attempt, brand })),
  )
}
