/**
 * Random programs and random callers, agents and services in front of the capture machine. The world around it is a model of the session: what
 * plays, which timers run, how many keys each field holds. Only what can happen happens; then nothing may be illegal, and every way out is wiped.
 */

import fc from 'fast-check'
import t from 'tap'
import { INITIAL_CAPTURE, stepCapture } from '../../src/vault/capture.ts'
import type {
  CaptureEffect,
  CaptureEvent,
  CapturePlan,
  CaptureState,
  CaptureTimer,
} from '../../src/vault/capture-terms.ts'
import type { EntryFault, Field, FieldKind, Order, PlanStep } from '../../src/vault/contract.ts'
import { sealKey } from '../../src/vault/key.ts'
import { keyMeaning } from '../../src/vault/key-meaning.ts'
import { fieldOf } from './plans.ts'

const FLEETING: readonly FieldKind[] = ['security-code', 'pin', 'one-time-code']

/** A run of numbers that a seed decides (mulberry32). */
class Dice {
  #state: number
  constructor(seed: number) {
    this.#state = seed
  }
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit
  }
  one<T>(of: readonly T[]): T {
    return of[this.below(of.length)] as T
  }
}

class World {
  readonly #plan: CapturePlan
  readonly #dice: Dice
  readonly #queue: CaptureEvent[] = []
  readonly timers = new Set<CaptureTimer>()
  readonly counts: number[]
  state: CaptureState = INITIAL_CAPTURE
  second = 0
  secondOpen = false
  key = -1
  playing = false
  submitted = false
  settling = false
  wiped = 0
  over = false
  readonly flaws: string[] = []
  readonly visited = new Set<CaptureState['at']>()

  constructor(plan: CapturePlan, dice: Dice) {
    this.#plan = plan
    this.#dice = dice
    this.counts = plan.fields.map(() => 0)
  }

  get secret(): number {
    return this.counts.reduce((sum, count) => sum + count, this.second)
  }

  take(event: CaptureEvent): void {
    this.#queue.push(event)
    for (let next = this.#queue.shift(); next !== undefined && !this.over; next = this.#queue.shift()) {
      const [state, ...effects] = stepCapture(this.#plan, this.state, next)
      this.state = state
      this.visited.add(state.at)
      for (const effect of effects) this.#perform(effect)
    }
    this.key = -1
  }

  press(code: number): void {
    this.key = code
    this.take({ type: keyMeaning(this.#plan, this.state, sealKey(code)) })
  }

  /** Something that can happen now. */
  happen(): void {
    const fields = this.#plan.fields.map((_, field) => field)
    const orders: Order[] = [
      { what: 'again', fields: fields.slice(this.#dice.below(3)) },
      { what: 'again-all' },
      { what: 'go-on' },
    ]
    const keys = Array.from({ length: 12 }, () => () => this.press(this.#dice.below(16)))
    const can: (() => void)[] = [...keys, () => this.take({ type: 'ordered', order: this.#dice.one(orders) })]
    if (this.playing) can.push(...Array.from({ length: 4 }, () => () => this.#played()))
    for (const timer of this.timers) can.push(() => this.#lapse(timer))
    if (this.submitted)
      can.push(
        () => this.#answer(),
        () => this.#answer(),
      )
    if (this.settling) can.push(() => this.#settled())
    if (this.#dice.below(60) === 0)
      can.push(() => this.take({ type: 'stopped', reason: 'cancelled', giveBack: true, sent: this.submitted }))
    if (this.#dice.below(60) === 0)
      can.push(() => this.take({ type: 'stopped', reason: 'caller-hung-up', giveBack: false, sent: this.submitted }))
    if (this.#dice.below(90) === 0) can.push(() => this.take({ type: 'broken', sent: this.submitted }))
    this.#dice.one(can)()
  }

  #played(): void {
    this.playing = false
    this.take({ type: 'played' })
  }

  #lapse(timer: CaptureTimer): void {
    this.timers.delete(timer)
    this.take({ type: 'lapsed', timer })
  }

  #settled(): void {
    this.settling = false
    this.take({ type: 'settled' })
  }

  #answer(): void {
    this.submitted = false
    const outcomes = [
      { result: 'accepted', details: '' },
      { result: 'declined', details: '' },
      { result: 'failed', reason: 'validation-timed-out' },
    ] as const
    this.take({ type: 'answered', outcome: this.#dice.one(outcomes) })
  }

  #perform(effect: CaptureEffect): void {
    switch (effect.do) {
      case 'play':
      case 'play-outcome':
        this.playing = true
        return
      case 'read-back':
        if (this.counts[effect.field] === 0) this.flaws.push('nothing to read back')
        this.playing = true
        return
      case 'hush':
        this.playing = false
        return
      case 'arm':
        this.timers.add(effect.timer)
        return
      case 'disarm':
        this.timers.delete(effect.timer)
        return
      case 'open':
        if (!effect.second) this.counts[effect.field] = 0
        this.second = 0
        this.secondOpen = effect.second
        return
      case 'keep':
        this.#keep(effect.field)
        return
      case 'check':
        this.#check(effect.field, effect.second)
        return
      case 'forget':
        this.counts[effect.field] = 0
        this.second = 0
        return
      case 'press':
        if (this.key < 0) this.flaws.push('no key to press again')
        this.#queue.push({ type: keyMeaning(this.#plan, this.state, sealKey(this.key)) })
        return
      case 'submit':
        for (const { what, index } of effect.items) {
          if (what === 'field' && this.counts[index] === 0) this.flaws.push('an empty field is sent')
        }
        this.submitted = true
        return
      case 'wipe':
        this.counts.fill(0)
        this.second = 0
        this.submitted = false
        return
      case 'tell':
        this.#told(effect.what.type)
        return
      case 'settle':
        this.settling = true
        return
      case 'give-back':
      case 'close':
        this.over = true
    }
  }

  #keep(field: number): void {
    if (this.key < 0) this.flaws.push('no key to keep')
    this.key = -1
    if (this.secondOpen) this.second++
    else this.counts[field] = (this.counts[field] ?? 0) + 1
    const count = this.secondOpen ? this.second : (this.counts[field] ?? 0)
    this.#queue.push({ type: 'kept', whole: count >= 6 })
  }

  #check(field: number, second: boolean): void {
    const keys = second ? this.second : (this.counts[field] ?? 0)
    const faults: readonly (EntryFault | undefined)[] = [undefined, undefined, undefined, 'too-short']
    this.second = 0
    this.#queue.push({ type: 'checked', fault: keys === 0 ? 'too-short' : this.#dice.one(faults) })
  }

  #told(what: string): void {
    if (this.wiped > 0) this.flaws.push(`${what} is told after the wipe`)
    if (what === 'wiped') {
      this.wiped++
      if (this.secret > 0) this.flaws.push('told to be wiped, and is not')
      if (this.playing || this.timers.size > 0) this.flaws.push('something goes on after the wipe')
    }
    const kept = this.#plan.fields.some(({ kind }, field) => FLEETING.includes(kind) && (this.counts[field] ?? 0) > 0)
    if (what === 'answered' && kept) this.flaws.push('a code is kept beyond a verdict')
  }
}

const KINDS: readonly FieldKind[] = ['card-number', 'security-code', 'pin', 'digits', 'account-number']

function fieldFrom(dice: Dice): Field {
  const keys = dice.one([
    { terminator: 11, clear: 10 },
    { terminator: 11, clear: 10, escape: 10, moreTime: 11 },
    { terminator: 11, escape: 12, moreTime: 13 },
  ])
  return fieldOf(dice.one(KINDS), {
    keys,
    attempts: 1 + dice.below(3),
    moreTimes: dice.below(3),
    enterTwice: dice.below(3) === 0,
    readBack: dice.one(['none', 'none', 'last-four', 'all']),
  })
}

function stepFrom(dice: Dice, fields: number, steps: number): PlanStep {
  const field = dice.below(fields)
  const to = () => dice.below(steps)
  return dice.one<PlanStep>([
    { do: 'say', clips: ['a'], bargeIn: dice.below(2) === 0 },
    { do: 'collect', field },
    { do: 'collect', field },
    { do: 'collect', field },
    { do: 'insert', insert: 0 },
    { do: 'validate' },
    { do: 'validate' },
    { do: 'branch', accepted: to(), declined: to(), failed: to() },
    { do: 'repeat', fields: [field], from: to(), times: 1 + dice.below(2), otherwise: to() },
    { do: 'ask-agent', ms: 1000 },
    { do: 'go', to: to() },
    { do: 'end' },
  ])
}

function planFrom(dice: Dice): CapturePlan {
  const fields = Array.from({ length: 1 + dice.below(3) }, () => fieldFrom(dice))
  const length = 2 + dice.below(9)
  const steps = Array.from({ length }, () => stepFrom(dice, fields.length, length))
  return { fields, steps, sessionMs: 60_000 }
}

t.test('whatever happens can happen, and every way out is wiped', async (t) => {
  const visits = new Map<string, number>()
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const dice = new Dice(seed)
      const world = new World(planFrom(dice), dice)
      world.take({ type: 'began' })
      for (let events = 0; events < 200 && !world.over; events++) world.happen()
      for (const at of world.visited) visits.set(at, (visits.get(at) ?? 0) + 1)
      world.take({ type: 'stopped', reason: 'shutting-down', giveBack: false, sent: world.submitted })
      return world.over && world.secret === 0 && world.wiped === 1 && world.flaws.length === 0
    }),
    { numRuns: 3000 },
  )
  t.comment(Object.fromEntries(visits))
  const states = [
    'saying',
    'asking',
    'listening',
    'keying',
    'checking',
    'reading',
    'confirming',
    'submitting',
    'waiting',
  ]
  for (const at of states) t.ok((visits.get(at) ?? 0) > 10, `${at} is come to`)
})
