/** A phone's keys for a made-up caller, by mouse or by keyboard. What is pressed stays here: what it amounts to is told, and then it is forgotten. */

import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import type { Act, Awaited } from '../../../../src/flow/index.ts'
import { faultWords } from './dry-run-words.ts'
import { type Brand, type EntryFault, isWhole, judgeKeys, TEST_CARDS } from './keyed-class.ts'

type KeypadProps = {
  readonly entry: Extract<Awaited, { at: 'entry' }>
  /** Of the card that was taken before. */
  readonly brand: Brand | undefined
  readonly onAct: (act: Act) => void
  /** The question. */
  readonly children: ComponentChildren
}

const KEYS = [...'123456789*0#']
/** RFC 4733 section 3.2, table 3. */
const CODES: Readonly<Record<string, number>> = { '*': 10, '#': 11 }
const NAMES: Readonly<Record<string, string>> = { '*': 'star', '#': 'hash' }
type Wanted = EntryFault | 'right' | 'as-keyed'

export function Keypad({ entry, brand, onAct, children }: KeypadProps) {
  const [keys, setKeys] = useState('')
  const [wanted, setWanted] = useState<Wanted>('as-keyed')
  const [notice, setNotice] = useState('')

  const enter = (keyed: string, ends: Extract<Act, { act: 'enter' }>['ends']) => {
    const now = new Date()
    const today = { year: now.getFullYear(), month: now.getMonth() + 1 }
    const judged = judgeKeys(entry, keyed, { brand, wanted, today })
    setKeys('')
    if (judged.result === 'may-be-real')
      return setNotice('This could be the number of a real card, and was forgotten. Use one of the test cards.')
    setNotice('')
    setWanted('as-keyed')
    const { fault, brand: own } = judged
    onAct({ act: 'enter', keys: keyed.length, ends, ...(fault && { fault }), ...(own && { brand: own }) })
  }
  const press = (key: string) => {
    const code = CODES[key] ?? Number(key)
    const { terminator, clear, escape: toAgent, moreTime } = entry.keys
    setNotice('')
    if (keys === '') {
      if (code === toAgent) return onAct({ act: 'escape' })
      if (code === moreTime && entry.moreTimes > 0) return onAct({ act: 'more-time' })
    }
    if (code === terminator) return enter(keys, 'terminator')
    if (code === clear) {
      if (keys === '') return onAct({ act: 'clear' })
      return enter(keys, 'clear')
    }
    if (!entry.validKeys.includes(key)) return setNotice('This key has no meaning here, and is ignored.')
    const keyed = keys + key
    if (isWhole(entry, keyed, brand)) enter(keyed, 'whole')
    else setKeys(keyed)
  }
  const byKeyboard = (event: KeyboardEvent) => {
    if (
      event.target instanceof HTMLSelectElement ||
      !KEYS.includes(event.key) ||
      event.ctrlKey ||
      event.altKey ||
      event.metaKey
    )
      return
    event.preventDefault()
    press(event.key)
  }

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: its buttons do the same; keys are a short way to them.
    <div class="keypad-side" onKeyDown={byKeyboard}>
      {children}
      <p class="quiet">
        {entry.kind.replaceAll('-', ' ')},{' '}
        {entry.minKeys === entry.maxKeys ? entry.minKeys : `${entry.minKeys} to ${entry.maxKeys}`} keys
      </p>
      <fieldset class="keypad">
        <legend>Keys of the caller’s phone</legend>
        <p class="keyed" role="status">
          {keys.length === 0 ? 'Nothing keyed' : `${keys.length} keyed`}
          <span aria-hidden="true"> {'●'.repeat(keys.length)}</span>
        </p>
        <div class="keys">
          {KEYS.map((key) => (
            <button key={key} type="button" aria-label={NAMES[key] ?? key} onClick={() => press(key)}>
              {key}
            </button>
          ))}
        </div>
      </fieldset>
      <div role="alert">{notice !== '' && <p class="notice warn">{notice}</p>}</div>
      {entry.kind === 'card-number' && (
        <label class="field">
          Key a published test card
          <select
            value=""
            onChange={({ currentTarget }) => currentTarget.value !== '' && enter(currentTarget.value, 'terminator')}
          >
            <option value="">Choose a card</option>
            {Object.entries(TEST_CARDS).map(([number, own]) => (
              <option key={number} value={number}>
                {own.replaceAll('-', ' ')} {number}
              </option>
            ))}
          </select>
        </label>
      )}
      <label class="field">
        The check of the entry says
        <select value={wanted} onChange={({ currentTarget }) => setWanted(currentTarget.value as Wanted)}>
          <option value="as-keyed">what is keyed</option>
          <option value="right">right</option>
          {entry.faults.map((fault) => (
            <option key={fault} value={fault}>
              {faultWords(fault)}
            </option>
          ))}
        </select>
      </label>
      <div class="row">
        <button type="button" disabled={keys === ''} onClick={() => enter(keys, 'pause')}>
          Pause for long
        </button>
        <button type="button" disabled={keys !== ''} onClick={() => onAct({ act: 'silence' })}>
          Key nothing for {entry.seconds} s
        </button>
      </div>
    </div>
  )
}
