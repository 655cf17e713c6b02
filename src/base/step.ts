/** The shape of every state machine here: decide first, act later. */

/** What happened to a machine: its next state, and what to do about it. Decided without touching the world. */
export type Step<State, Effect> = readonly [state: State, ...effects: Effect[]]

/** A state met an event that cannot happen in it: a defect in Sotto, not bad input. */
export class IllegalStep extends Error {
  override readonly name = 'IllegalStep'
  constructor(machine: string, at: string, event: string) {
    super(`${machine}: '${event}' cannot happen in '${at}'`)
  }
}
