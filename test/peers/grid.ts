/**
 * A machine's table as text: for each state one line an event, `event -> state: effects`, and the events that are ignored or a defect. The
 * helper checks that every event has exactly one cell, so that no combination is forgotten.
 */

import type { Test } from 'tap'
import { IllegalStep, type Step } from '../../src/base/step.ts'

export type Grid<State, Event> = {
  readonly states: Readonly<Record<string, State>>
  readonly events: Readonly<Record<string, Event>>
  /** By the name of the state. */
  readonly cells: Readonly<Record<string, string>>
}

type Cell = { readonly event: string; readonly expected: string }

/** Runs every cell. @param words the result of a step as the table writes it. */
export function checkGrid<State, Event, Effect>(
  t: Test,
  grid: Grid<State, Event>,
  step: (state: State, event: Event) => Step<State, Effect>,
  words: (step: Step<State, Effect>) => string,
): void {
  t.same(Object.keys(grid.cells), Object.keys(grid.states), 'every state has its table')
  for (const [name, state] of Object.entries(grid.states)) {
    const cells = readCells(grid.cells[name] ?? '')
    const named = cells.map((cell) => cell.event).toSorted()
    t.same(named, Object.keys(grid.events).toSorted(), `${name}: every event has one cell`)
    for (const { event, expected } of cells) {
      const given = grid.events[event]
      if (given !== undefined) t.equal(outcome(state, given, step, words), expected, `${name}, ${event} -> ${expected}`)
    }
  }
}

function outcome<State, Event, Effect>(
  state: State,
  event: Event,
  step: (state: State, event: Event) => Step<State, Effect>,
  words: (step: Step<State, Effect>) => string,
): string {
  try {
    const result = step(state, event)
    return result.length === 1 && JSON.stringify(result[0]) === JSON.stringify(state) ? 'ignored' : words(result)
  } catch (thrown) {
    if (thrown instanceof IllegalStep) return 'bug'
    throw thrown
  }
}

function readCells(text: string): Cell[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .flatMap((line) => {
      const list = /^(ignored|bug): (.*)$/.exec(line)
      if (list !== null) return (list[2] ?? '').split(' ').map((event) => ({ event, expected: list[1] ?? '' }))
      const [event = '', expected = ''] = line.split(' -> ')
      return [{ event, expected }]
    })
}
