/** The desk's end of the channel to the frame of an add-in. Everything that comes through it is looked at (`add-in-check.ts`) before anything is decided by it. */

import type { Scheme, Texts, ToFrame } from '../shared/add-in-messages.ts'
import { problemOf } from '../shared/api.ts'
import { afterMessage, asksWithCard, isFlood, messageIn, NO_FLOOD } from './add-in-check.ts'
import { type AddInEffect, type AddInEvent, type AddInState, LOADING, stepAddIn } from './add-in-state.ts'
import { desk as deskWords } from './desk-words.ts'
import { inWords } from './naming.ts'

export type AddInAnswer = Readonly<Record<string, string | number>>

export type ChannelTerms = {
  readonly parameters: Texts
  readonly language: string
  /** @throws Problem */
  readonly lookUp: (name: string, values: Texts) => Promise<AddInAnswer>
  readonly onState: (state: AddInState) => void
}

type LookUp = Extract<AddInEffect, { do: 'look-up' }>

const PATIENCE_MS = 10_000
/** Lookups that are under way together. */
const MOST_LOOKUPS = 4

/** @param frame not loaded yet. @returns ends it. */
export function attachAddIn(frame: HTMLIFrameElement, terms: ChannelTerms): () => void {
  const { port1: port, port2: theirs } = new MessageChannel()
  let state = LOADING
  let flood = NO_FLOOD
  let lookups = 0
  let timer = setTimeout(() => take({ type: 'lapsed' }), PATIENCE_MS)
  const say = (message: ToFrame) => port.postMessage(message)

  const take = (event: AddInEvent) => {
    const before = state
    const [next, effect] = stepAddIn(state, event)
    state = next
    if (next.at === 'refused' || next.at === 'open') clearTimeout(timer)
    if (next.at === 'refused') port.close()
    if (next !== before) terms.onState(next)
    if (effect !== undefined) carryOut(effect)
  }
  const carryOut = (effect: AddInEffect) => {
    if (effect.do === 'look-up') return void lookUp(effect)
    clearTimeout(timer)
    timer = setTimeout(() => take({ type: 'lapsed' }), PATIENCE_MS)
    // The frame is of an origin that has no name: the channel is given to whatever the frame has loaded, and that is the first thing it did.
    if (effect.do === 'connect') frame.contentWindow?.postMessage('sotto-add-in', '*', [theirs])
    else say({ type: 'open', parameters: terms.parameters, language: terms.language, scheme: schemeOf(frame) })
  }
  const lookUp = async ({ id, name, values }: LookUp) => {
    const { addIn, faults } = deskWords.value
    const refuse = (title: string, advice: string) => say({ type: 'problem', id, title, advice })
    const { title, todo } = faults['lookup.card-number']
    if (asksWithCard(values)) return refuse(title, todo)
    if (lookups >= MOST_LOOKUPS) return refuse(addIn.tooMany, addIn.waitForIt)
    lookups += 1
    try {
      say({ type: 'answer', id, answer: await terms.lookUp(name, values) })
    } catch (error) {
      const { title, detail } = inWords(deskWords.value, problemOf(error))
      refuse(title, detail)
    } finally {
      lookups -= 1
    }
  }

  port.onmessage = ({ data }: MessageEvent<unknown>) => {
    flood = afterMessage(flood, performance.now())
    take(isFlood(flood) ? { type: 'flooded' } : { type: 'said', message: messageIn(data) })
  }
  port.onmessageerror = () => take({ type: 'said', message: undefined })
  const onLoad = () => take({ type: 'loaded' })
  frame.addEventListener('load', onLoad)
  const unwatch = watchScheme(frame, (scheme) => say({ type: 'scheme', scheme }))
  return () => {
    clearTimeout(timer)
    frame.removeEventListener('load', onLoad)
    unwatch()
    port.close()
  }
}

/** What is around the frame is light or dark by the page that the desk stands in, or as the system has it. */
function schemeOf(frame: Element): Scheme {
  const { colorScheme } = getComputedStyle(frame)
  if (colorScheme === 'light' || colorScheme === 'dark') return colorScheme
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'
}

function watchScheme(frame: Element, onScheme: (scheme: Scheme) => void): () => void {
  const look = () => onScheme(schemeOf(frame))
  const system = matchMedia('(prefers-color-scheme: dark)')
  system.addEventListener('change', look)
  const chosen = new MutationObserver(look)
  const root = frame.getRootNode()
  chosen.observe(document.documentElement, { attributeFilter: ['data-scheme'] })
  if (root instanceof ShadowRoot) chosen.observe(root.host, { attributeFilter: ['scheme'] })
  return () => {
    system.removeEventListener('change', look)
    chosen.disconnect()
  }
}
