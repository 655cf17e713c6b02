/**
 * Runs a machine: takes one event, steps, performs the effects in order, then takes the next. Events that are raised while performing wait
 * in line. The only place where a machine of this room meets the world.
 */

import type { Step } from '../base/step.ts'

export type Drive<State, Event> = {
  readonly state: State
  send(event: Event): void
}

/**
 * @param step decides. @param perform acts; what it raises is queued.
 * @param onBug gets whatever either of them throws: a defect of ours. The machine stands where it stood, and the line is emptied.
 */
export function drive<State, Event, Effect>(
  first: State,
  step: (state: State, event: Event) => Step<State, Effect>,
  perform: (effect: Effect) => void,
  onBug: (thrown: unknown) => void,
): Drive<State, Event> {
  let state = first
  let running = false
  const line: Event[] = []
  return {
    get state() {
      return state
    },
    send(event) {
      line.push(event)
      if (running) return
      running = true
      try {
        for (let next = line.shift(); next !== undefined; next = line.shift()) {
          const [to, ...effects] = step(state, next)
          state = to
          for (const effect of effects) perform(effect)
        }
      } catch (thrown) {
        line.length = 0
        onBug(thrown)
      } finally {
        running = false
      }
    },
  }
}
