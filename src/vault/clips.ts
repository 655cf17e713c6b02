/**
 * Which clip says what: a field's prompts by its own rules or by its kind, a fault of an entry, how a session ended. A flow about a card
 * speaks of the card; another speaks of what was entered.
 */

import { DIGIT_CLIPS } from '../base/prompts.ts'
import { securityCodeDigits } from './brand.ts'
import type { Notice } from './capture-terms.ts'
import type { Brand, EntryFault, Failure, Field, FieldKind, Outcome, Plan, PromptRule } from './contract.ts'

/** Asks for a field. */
const ASK_CLIPS: Readonly<Record<FieldKind, string>> = {
  'card-number': 'ask-card-number',
  expiry: 'ask-expiry',
  'security-code': 'ask-security-code',
  'postal-code': 'ask-postal-code',
  'routing-number': 'ask-routing-number',
  'account-number': 'ask-account-number',
  iban: 'ask-iban',
  'national-id': 'ask-national-id',
  'date-of-birth': 'ask-date-of-birth',
  'one-time-code': 'ask-one-time-code',
  pin: 'ask-pin',
  amount: 'ask-amount',
  digits: 'ask-digits',
}

/** Says what was wrong with an entry. */
const FAULT_CLIPS: Readonly<Record<EntryFault, string>> = {
  'too-short': 'too-short',
  'too-long': 'too-long',
  'invalid-card-number': 'card-number-invalid',
  'invalid-card-type': 'card-brand-refused',
  'invalid-date': 'expiry-invalid',
  expired: 'expired',
  'invalid-security-code': 'security-code-invalid',
  'invalid-postal-code': 'postal-code-invalid',
  'invalid-bank-routing-number': 'routing-number-invalid',
  'invalid-bank-account-number': 'account-number-invalid',
  'invalid-iban': 'iban-invalid',
  'invalid-national-id': 'national-id-invalid',
  'invalid-amount': 'amount-invalid',
  'invalid-entry': 'entry-invalid',
  'input-matching-failed': 'entries-differ',
  'not-confirmed': 'not-confirmed',
  timeout: 'nothing-heard',
}

type When = PromptRule['when']

/** @returns the clip of a field's prompt: the first of its rules that fits, else the usual one. @param brand of the card taken before. */
export function promptClip(field: Field, when: When, attempt: number, brand: Brand | undefined): string {
  const rule = field.prompts.find(
    (each) =>
      each.when === when &&
      (each.attempt === undefined || each.attempt === attempt) &&
      (each.brand === undefined || each.brand === brand),
  )
  return rule?.clip ?? usualClip(field, when, brand)
}

function usualClip(field: Field, when: When, brand: Brand | undefined): string {
  switch (when) {
    case 'ask':
      return askClip(field, brand)
    case 'read-back':
      return field.readBack === 'last-four' ? 'read-back-ending-in' : 'read-back'
    case 'enter-again':
    case 'confirm':
    case 'cleared':
    case 'more-time':
      return when
    case 'invalid-date':
      return field.kind === 'date-of-birth' ? 'date-of-birth-invalid' : FAULT_CLIPS[when]
    default:
      return FAULT_CLIPS[when]
  }
}

function askClip({ kind, dateOrder, decimals = 0 }: Field, brand: Brand | undefined): string {
  const usual = ASK_CLIPS[kind]
  switch (kind) {
    case 'security-code':
      return brand !== undefined && securityCodeDigits(brand) === 4 ? 'ask-security-code-four' : usual
    case 'date-of-birth':
      if (dateOrder === 'mmddyyyy') return 'ask-date-of-birth-month-first'
      return dateOrder === 'yyyymmdd' ? 'ask-date-of-birth-year-first' : usual
    case 'amount':
      return decimals > 0 ? usual : 'ask-amount-whole'
    default:
      return usual
  }
}

/** @returns the clip of something that is said whatever the field is. */
export function noticeClip(plan: Pick<Plan, 'fields'>, notice: Notice): string {
  return notice === 'please-wait' && !isOfCard(plan) ? 'entry-please-wait' : notice
}

/** @returns the clip that tells how a session ended. @param endingIn digits follow. */
export function outcomeClip(plan: Pick<Plan, 'fields'>, outcome: Outcome, endingIn: boolean): string {
  const ofCard = isOfCard(plan)
  if (outcome.result === 'failed') return failureClip(outcome.reason, ofCard)
  if (outcome.result === 'accepted' && endingIn) return ofCard ? 'accepted-ending-in' : 'account-accepted-ending-in'
  return ofCard ? outcome.result : `entry-${outcome.result}`
}

/** Most reasons are none of a caller's business. */
function failureClip(reason: Failure, ofCard: boolean): string {
  if (reason === 'escaped') return 'escaped'
  const clip =
    reason === 'too-many-failed-attempts' ? 'too-many-attempts' : reason === 'cancelled' ? 'cancelled' : 'failed'
  return ofCard ? clip : `entry-${clip}`
}

function isOfCard({ fields }: Pick<Plan, 'fields'>): boolean {
  return fields.some(({ kind }) => kind === 'card-number')
}

/** @returns every clip that a session of this plan may come to say. */
export function clipsOf(plan: Pick<Plan, 'fields' | 'steps'>): ReadonlySet<string> {
  const clips = new Set<string>(['returning'])
  for (const step of plan.steps) {
    if (step.do === 'say') for (const clip of step.clips) clips.add(clip)
    if (step.do === 'ask-agent') clips.add(noticeClip(plan, 'waiting-for-agent'))
    if (step.do === 'validate') for (const clip of verdictClips(plan)) clips.add(clip)
  }
  const reasons = ['internal-error', 'too-many-failed-attempts', 'cancelled'] as const
  for (const reason of reasons) clips.add(outcomeClip(plan, { result: 'failed', reason }, false))
  for (const field of plan.fields) for (const clip of fieldClips(field)) clips.add(clip)
  return clips
}

function verdictClips(plan: Pick<Plan, 'fields'>): readonly string[] {
  const accepted = { result: 'accepted', details: '' } as const
  const tells = plan.fields.some(({ tell }) => tell === 'last-four')
  return [
    noticeClip(plan, 'please-wait'),
    outcomeClip(plan, accepted, false),
    outcomeClip(plan, { result: 'declined', details: '' }, false),
    ...(tells ? [outcomeClip(plan, accepted, true), ...DIGIT_CLIPS] : []),
  ]
}

const BRANDS: readonly (Brand | undefined)[] = [undefined, 'visa', 'american-express']

function fieldClips(field: Field): readonly string[] {
  const { attempts, readBack, keys } = field
  const clips = new Set<string>()
  const brands = new Set([...BRANDS, ...field.prompts.map(({ brand }) => brand)])
  for (const when of whensOf(field)) {
    for (let attempt = 1; attempt <= attempts; attempt++) {
      for (const brand of brands) clips.add(promptClip(field, when, attempt, brand))
    }
  }
  return [
    ...clips,
    ...(attempts > 1 ? ['last-attempt'] : []),
    ...(attempts > 2 ? ['try-again'] : []),
    ...(keys.escape === undefined ? [] : ['escaped']),
    ...(readBack === 'none' ? [] : DIGIT_CLIPS),
  ]
}

/** All that may be to be said of a field. */
function whensOf({ kind, attempts, keys, moreTimes, enterTwice, readBack }: Field): readonly When[] {
  const said: When[] = ['ask']
  if (enterTwice) said.push('enter-again')
  if (readBack !== 'none') said.push('read-back', 'confirm')
  if (keys.clear !== undefined) said.push('cleared')
  if (keys.moreTime !== undefined && moreTimes > 0) said.push('more-time')
  // What is wrong with the last attempt is not said: the session is over.
  if (attempts === 1) return said
  if (enterTwice) said.push('input-matching-failed')
  if (readBack !== 'none') said.push('not-confirmed')
  return [...said, 'too-short', 'too-long', 'timeout', ...FAULTS_OF[kind]]
}

/** Beyond those of every kind. */
export const FAULTS_OF: Readonly<Record<FieldKind, readonly EntryFault[]>> = {
  'card-number': ['invalid-card-number', 'invalid-card-type'],
  expiry: ['invalid-date', 'expired'],
  'security-code': ['invalid-security-code'],
  'postal-code': ['invalid-postal-code'],
  'routing-number': ['invalid-bank-routing-number'],
  'account-number': ['invalid-bank-account-number'],
  iban: ['invalid-iban'],
  'national-id': ['invalid-national-id'],
  'date-of-birth': ['invalid-date'],
  'one-time-code': ['invalid-entry'],
  pin: ['invalid-entry'],
  amount: ['invalid-amount'],
  digits: ['invalid-entry'],
}
