/**
 * What is said to the caller of one session: clips in the first of the session's languages that has them, and in its codec; an entry read
 * back, digit by digit as it is heard; and the outcome, with the last four digits where the flow lets them be told. Those wait in locked
 * memory from the answer to the saying, apart from the entry, which is gone by then.
 */

import { DIGIT_CLIPS } from '../base/prompts.ts'
import { type CodecName, codecNamed } from '../base/units.ts'
import type { Said } from './capture-terms.ts'
import { noticeClip, outcomeClip, promptClip } from './clips.ts'
import type { Collector } from './collector.ts'
import { type Brand, type Outcome, type Plan, TELLING_MAX_MS } from './contract.ts'
import type { KeySpan } from './entry.ts'
import { LockedMemory } from './locked-memory.ts'
import type { Prompts } from './prompts.ts'
import type { SubmitResult } from './submit.ts'

const LAST_FOUR = 4
/** Of fewer digits four are half, and too many to be told. */
const TELLABLE_MIN = 8
const DIGIT_0 = 0x30

export type AnnouncerOptions = {
  readonly prompts: Prompts
  readonly plan: Pick<Plan, 'fields' | 'locales'>
  readonly codec: CodecName
  /** Sounds are taken from it one by one, as they come to be heard. */
  play(sounds: Iterable<Uint8Array>): void
}

/** Which entry is read back. */
type Reading = { readonly field: number; readonly attempt: number }

export class Announcer {
  readonly #options: AnnouncerOptions
  readonly #lastFour = new LockedMemory(LAST_FOUR)

  constructor(options: AnnouncerOptions) {
    this.#options = options
  }

  /** Says things one after the other. @param brand of the card taken before: it decides how many digits are asked for. */
  play(said: readonly Said[], brand: Brand | undefined): void {
    this.#playClips(said.map((each) => this.#clipOf(each, brand)))
  }

  /**
   * Reads an entry back, or its end, and asks whether it is right. Each digit is looked up when it is about to be heard: nowhere is there a
   * list of them, and after a wipe there are none.
   */
  readBack({ field: index, attempt }: Reading, span: KeySpan, brand: Brand | undefined): void {
    const field = this.#options.plan.fields[index]
    if (field === undefined) throw new Error('no field to read back')
    const from = field.readBack === 'last-four' ? Math.max(0, span.count - LAST_FOUR) : 0
    const before = this.#sound(promptClip(field, 'read-back', attempt, brand))
    const after = this.#sound(promptClip(field, 'confirm', attempt, brand))
    const digitSound = (key: number) => this.#sound(DIGIT_CLIPS[key] ?? '')
    this.#options.play(readingOf(before, span, from, digitSound, after))
  }

  /**
   * Keeps the last four digits of a number to be said, and gives them, in place of any that were kept before.
   * @returns undefined for a number that is too short, or when there is none.
   */
  keepLastFour(span: KeySpan | undefined): string | undefined {
    this.#lastFour.wipe()
    if (span === undefined || span.count < TELLABLE_MIN) return undefined
    const out = this.#lastFour.bytes
    for (let i = 0; i < LAST_FOUR; i++) out[i] = DIGIT_0 + span.keyAt(span.count - LAST_FOUR + i)
    return out.toString('latin1', 0, LAST_FOUR)
  }

  /** Makes the outcome, and keeps the last four apart when they are to be said. Comes right before the wipe. @param told what may be told. */
  outcomeOf(result: SubmitResult, told: Collector['tellable']): Outcome {
    if ('failure' in result) return { result: 'failed', reason: result.failure }
    const { value, ...said } = result
    if (value === 'declined') return { result: 'declined', ...said }
    const lastFour = this.keepLastFour(told?.span)
    if (lastFour === undefined) return { result: 'accepted', ...said }
    return { result: 'accepted', ...said, lastFour, ...(told?.brand === undefined ? {} : { brand: told.brand }) }
  }

  /** Says how the session ended, so long at most as control waits for it. */
  playOutcome(outcome: Outcome): void {
    const endingIn = outcome.result === 'accepted' && outcome.lastFour !== undefined
    const clips = [outcomeClip(this.#options.plan, outcome, endingIn)]
    if (endingIn) for (const octet of this.#lastFour.bytes) clips.push(DIGIT_CLIPS[octet - DIGIT_0] ?? '')
    this.#lastFour.wipe()
    const sounds = [...clips, 'returning'].flatMap((clip) => this.#sound(clip) ?? [])
    this.#options.play(beginning(sounds, TELLING_MAX_MS * codecNamed(this.#options.codec).bytesPerMs))
  }

  /** Wipes and gives the memory back. May be called twice. */
  close(): void {
    this.#lastFour.close()
  }

  #clipOf(said: Said, brand: Brand | undefined): string {
    const { plan } = this.#options
    if ('clip' in said) return said.clip
    if ('notice' in said) return noticeClip(plan, said.notice)
    const field = plan.fields[said.field]
    if (field === undefined) throw new Error('no field to speak of')
    return promptClip(field, said.prompt, said.attempt, brand)
  }

  #playClips(clips: readonly string[]): void {
    this.#options.play(clips.flatMap((clip) => this.#sound(clip) ?? []))
  }

  #sound(clip: string): Uint8Array | undefined {
    const { prompts, plan, codec } = this.#options
    return prompts.coded(plan.locales, clip, codec)
  }
}

/** @returns the sounds, so many octets of them at most. */
function beginning(sounds: readonly Uint8Array[], octets: number): readonly Uint8Array[] {
  let left = octets
  return sounds.map((sound) => {
    const heard = sound.subarray(0, left)
    left -= heard.length
    return heard
  })
}

function* readingOf(
  before: Uint8Array | undefined,
  span: KeySpan,
  from: number,
  digitSound: (key: number) => Uint8Array | undefined,
  after: Uint8Array | undefined,
): Generator<Uint8Array, void> {
  if (before !== undefined) yield before
  for (let i = from; i < span.count; i++) {
    const sound = digitSound(span.keyAt(i))
    if (sound !== undefined) yield sound
  }
  if (after !== undefined) yield after
}
