/**
 * A flow gone through with a caller who is made up: the capture machine of the vault walks the plan, and somebody at a page says what the caller, the service and the agent do. Of keys it is
 * told how many and whether they would be taken, never which: there is no digit here, and no call. Pure; time does not pass but where somebody lets it.
 */

import { INITIAL_CAPTURE, stepCapture } from '../vault/capture.ts'
import type { CaptureEffect, CaptureEvent, CapturePlan, CaptureState, Said, Told } from '../vault/capture-terms.ts'
import { noticeClip, outcomeClip, promptClip } from '../vault/clips.ts'
import type { Brand, EntryFault, Outcome } from '../vault/contract.ts'
import { type FlowDefaults, languagesOf, programOf } from './compile.ts'
import { type Act, eventsBefore } from './dry-run-acts.ts'
import { type Awaited, awaitedAt } from './dry-run-awaits.ts'
import type { Flow } from './terms.ts'

/** What is said: a clip, or digits of the entry that stand for themselves. */
export type DryPart = { readonly clip: string } | { readonly digits: 'all' | 'last-four' }

export type DryLine =
  | { readonly what: 'says'; readonly parts: readonly DryPart[] }
  | { readonly what: 'sends'; readonly submission: number; readonly names: readonly string[] }
  | { readonly what: 'forgets'; readonly field: string }
  | { readonly what: 'acted'; readonly act: number }
  | { readonly what: Exclude<Told['type'], 'progress' | 'submitting'>; readonly field?: string; readonly note?: string }

export type DryRun = {
  readonly languages: readonly string[]
  readonly lines: readonly DryLine[]
  readonly awaits: Awaited
  /** Place of the step in the file, where it stands. */
  readonly step: number | undefined
}

/** @returns everything that happens, or the first act that has no meaning where it comes. */
export function dryRun(flow: Flow, defaults: FlowDefaults, acts: readonly Act[]): DryRun | { readonly misfit: number } {
  const program = programOf({ flow, defaults, form: [], withDesk: true })
  const sessionMs = (flow.sessionSeconds ?? defaults.sessionSeconds) * 1000
  const caller = new MadeUpCaller(
    { ...program, sessionMs },
    program.inserts.map(({ name }) => name),
  )
  caller.feed({ type: 'began' })
  for (const [at, act] of acts.entries()) if (!caller.act(act, at)) return { misfit: at }
  return {
    languages: languagesOf(flow, defaults),
    lines: caller.lines,
    awaits: caller.awaits,
    step: placeOf(flow, caller.step),
  }
}

class MadeUpCaller {
  readonly lines: DryLine[] = []
  readonly #plan: CapturePlan
  readonly #inserts: readonly string[]
  readonly #waiting: CaptureEvent[] = []
  #isBusy = false
  #state: CaptureState = INITIAL_CAPTURE
  #fault: EntryFault | undefined
  #entered: { readonly brand: Brand | undefined; readonly keys: number } = { brand: undefined, keys: 0 }
  /** By field that is taken. */
  readonly #taken = new Map<number, { readonly brand: Brand | undefined; readonly keys: number }>()
  #keys = 0
  #wholeAt = 0

  constructor(plan: CapturePlan, inserts: readonly string[]) {
    this.#plan = plan
    this.#inserts = inserts
  }

  get awaits(): Awaited {
    return awaitedAt(this.#plan, this.#state)
  }

  /** In the plan. */
  get step(): number | undefined {
    if (!('run' in this.#state)) return undefined
    const isPast = this.#state.at === 'submitting' || this.#state.at === 'waiting'
    return this.#state.run.step - (isPast ? 1 : 0)
  }

  /** @returns false when it has no meaning here. */
  act(act: Act, at: number): boolean {
    const { awaits } = this
    const events = eventsBefore(awaits, act)
    if (events === undefined) return false
    this.lines.push({ what: 'acted', act: at })
    if (act.act === 'enter' && awaits.at === 'entry') {
      this.#fault = act.keys < awaits.minKeys ? 'too-short' : act.fault
      this.#entered = { brand: act.brand, keys: act.keys }
      this.#keys = 0
      this.#wholeAt = act.ends === 'whole' ? act.keys : awaits.maxKeys
    }
    for (const event of events) {
      // The last key may have ended the entry: what would end it belongs to nothing.
      if (act.act === 'enter' && event.type !== 'digit' && act.keys > 0 && this.#state.at !== 'keying') break
      this.feed(event)
    }
    return true
  }

  feed(event: CaptureEvent): void {
    this.#waiting.push(event)
    if (this.#isBusy) return
    this.#isBusy = true
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      const [state, ...effects] = stepCapture(this.#plan, this.#state, next)
      this.#state = state
      for (const effect of effects) this.#perform(effect)
    }
    this.#isBusy = false
  }

  /** What was raised meanwhile; and every sentence is heard to its end. */
  #next(): CaptureEvent | undefined {
    const raised = this.#waiting.shift()
    if (raised !== undefined) return raised
    switch (this.#state.at) {
      case 'saying':
      case 'asking':
      case 'reading':
      case 'telling':
        return { type: 'played' }
      case 'returning':
        return { type: 'settled' }
      default:
        return undefined
    }
  }

  #perform(effect: CaptureEffect): void {
    switch (effect.do) {
      case 'play':
        this.lines.push({ what: 'says', parts: effect.said.map((said) => ({ clip: this.#clipOf(said) })) })
        return
      case 'read-back':
        this.lines.push({ what: 'says', parts: this.#readBack(effect.field, effect.attempt) })
        return
      case 'play-outcome':
        this.lines.push({ what: 'says', parts: this.#outcome(effect.outcome) })
        return
      case 'keep':
        this.#keys++
        this.feed({ type: 'kept', whole: this.#keys >= this.#wholeAt })
        return
      case 'check':
        this.#check(effect.field)
        return
      case 'forget':
        if (this.#taken.delete(effect.field)) this.lines.push({ what: 'forgets', field: this.#nameOf(effect.field) })
        return
      case 'submit': {
        const names = effect.items.map(({ what, index }) =>
          what === 'field' ? this.#nameOf(index) : (this.#inserts[index] ?? ''),
        )
        this.lines.push({ what: 'sends', submission: effect.submission, names })
        return
      }
      case 'tell':
        this.#tell(effect.what)
        return
      default:
    }
  }

  #check(field: number): void {
    if (this.#fault === undefined) this.#taken.set(field, this.#entered)
    this.feed({ type: 'checked', fault: this.#fault })
  }

  #tell(told: Told): void {
    const field = 'field' in told ? { field: this.#nameOf(told.field) } : {}
    switch (told.type) {
      case 'progress':
      case 'submitting':
        return
      case 'asking':
        this.lines.push({ what: 'asking', ...field, note: `${told.attempt}/${told.attempts}` })
        return
      case 'refused':
        this.lines.push({ what: 'refused', ...field, note: told.why })
        return
      case 'answered':
      case 'wiped':
        this.lines.push({
          what: told.type,
          note: told.outcome.result === 'failed' ? told.outcome.reason : told.outcome.result,
        })
        return
      case 'waiting-for-agent':
        this.lines.push({ what: told.type, note: String(told.ms / 1000) })
        return
      case 'more-time':
        this.lines.push({ what: told.type, ...field, note: String(told.left) })
        return
      default:
        this.lines.push({ what: told.type, ...field })
    }
  }

  #readBack(index: number, attempt: number): readonly DryPart[] {
    const field = this.#plan.fields[index]
    if (field === undefined) return []
    const clip = (when: 'read-back' | 'confirm') => ({ clip: promptClip(field, when, attempt, this.#brand) })
    return [clip('read-back'), { digits: field.readBack === 'last-four' ? 'last-four' : 'all' }, clip('confirm')]
  }

  #outcome(outcome: Outcome): readonly DryPart[] {
    const endingIn = outcome.result === 'accepted' && this.#tellable
    const clip = outcomeClip(this.#plan, outcome, endingIn)
    return [{ clip }, ...(endingIn ? [{ digits: 'last-four' } as const] : []), { clip: 'returning' }]
  }

  /** Four digits are told of eight at least, as the vault has it. */
  get #tellable(): boolean {
    const field = this.#plan.fields.findIndex(({ tell }, at) => tell === 'last-four' && this.#taken.has(at))
    return (this.#taken.get(field)?.keys ?? 0) >= 8
  }

  /** Of the card that is taken: it decides how many digits a security code has. */
  get #brand(): Brand | undefined {
    const card = this.#plan.fields.findIndex(({ kind }, at) => kind === 'card-number' && this.#taken.has(at))
    return this.#taken.get(card)?.brand
  }

  #clipOf(said: Said): string {
    if ('clip' in said) return said.clip
    if ('notice' in said) return noticeClip(this.#plan, said.notice)
    const field = this.#plan.fields[said.field]
    return field === undefined ? '' : promptClip(field, said.prompt, said.attempt, this.#brand)
  }

  #nameOf(field: number): string {
    return this.#plan.fields[field]?.name ?? ''
  }
}

/** @returns the step of the file that one of the plan was made of. */
function placeOf(flow: Flow, planStep: number | undefined): number | undefined {
  if (planStep === undefined) return undefined
  let at = 0
  for (const [place, step] of flow.steps.entries()) {
    const size = step.do === 'insert' ? step.inserts.length : step.do === 'insert-form' ? 0 : 1
    if (planStep < at + size) return place
    at += size
  }
  return undefined
}
