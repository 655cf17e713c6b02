/**
 * Waits of a few fixed lengths, for very many things at once. Of one length, what begins later is due later: a queue and one timer for its first serve all of them, and a thing that waits
 * costs a few words instead of a timer with the functions around it. A SIP server has forty a call and second, most of which are given up or stay for half a minute.
 */

import type { Clock, Timer } from './clock.ts'
import type { Milliseconds } from './units.ts'

/** So many that have been served lie in front before the queue is made shorter. */
const SERVED_MAX = 1024

class Wait<Item> implements Timer {
  readonly dueMs: Milliseconds
  item: Item | undefined
  readonly #queue: Queue<Item>

  constructor(queue: Queue<Item>, item: Item, dueMs: Milliseconds) {
    this.#queue = queue
    this.item = item
    this.dueMs = dueMs
  }

  cancel(): void {
    if (this.item === undefined) return
    this.item = undefined
    this.#queue.leave()
  }
}

/** All waits of one length. */
class Queue<Item> {
  readonly #clock: Clock
  readonly #ms: Milliseconds
  readonly #onDue: (item: Item) => void
  #waits: Wait<Item>[] = []
  /** Where the first lies that may still be open. */
  #first = 0
  #open = 0
  #timer: Timer | undefined

  constructor(clock: Clock, ms: Milliseconds, onDue: (item: Item) => void) {
    this.#clock = clock
    this.#ms = ms
    this.#onDue = onDue
  }

  join(item: Item): Timer {
    const wait = new Wait(this, item, this.#clock.now() + this.#ms)
    this.#waits.push(wait)
    this.#open += 1
    this.#timer ??= this.#clock.after(this.#ms, this.#serve)
    return wait
  }

  leave(): void {
    this.#open -= 1
    if (this.#open === 0) this.#empty()
  }

  #empty(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#waits = []
    this.#first = 0
  }

  readonly #serve = (): void => {
    try {
      this.#serveDue(this.#clock.now())
    } finally {
      // Whatever became of one, the others are served.
      this.#goOn()
    }
  }

  #serveDue(nowMs: Milliseconds): void {
    for (let wait = this.#head(); wait !== undefined && wait.dueMs <= nowMs; wait = this.#head()) {
      const { item } = wait
      wait.cancel()
      if (item !== undefined) this.#onDue(item)
    }
  }

  /** @returns the first that was not given up. */
  #head(): Wait<Item> | undefined {
    while (this.#first < this.#waits.length && this.#waits[this.#first]?.item === undefined) this.#first += 1
    return this.#waits[this.#first]
  }

  #goOn(): void {
    // The timer is the one that has fired, or that of one which has begun meanwhile: others may be due before that.
    this.#timer?.cancel()
    const wait = this.#head()
    this.#timer = wait === undefined ? undefined : this.#clock.after(wait.dueMs - this.#clock.now(), this.#serve)
    if (this.#first <= SERVED_MAX) return
    this.#waits = this.#waits.slice(this.#first)
    this.#first = 0
  }
}

export class Waits<Item> {
  readonly #clock: Clock
  readonly #onDue: (item: Item) => void
  readonly #queues = new Map<Milliseconds, Queue<Item>>()

  /** @param onDue called once for each thing whose wait was not given up. It may begin other waits. */
  constructor(clock: Clock, onDue: (item: Item) => void) {
    this.#clock = clock
    this.#onDue = onDue
  }

  /** @param ms one of a few lengths: each has a queue that stays. @returns what gives the wait up. */
  begin(ms: Milliseconds, item: Item): Timer {
    let queue = this.#queues.get(ms)
    if (queue === undefined) {
      queue = new Queue(this.#clock, ms, this.#onDue)
      this.#queues.set(ms, queue)
    }
    return queue.join(item)
  }
}
