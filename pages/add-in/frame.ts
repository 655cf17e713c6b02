/**
 * The script in the frame of an add-in: makes its element, and carries what it says to the desk and back. The frame is a page of an origin of its own without network, cookies or storage; this file
 * comes before the add-in's, is served as a classic script (a module would be asked for across origins), and is therefore in one piece: it imports types alone.
 *
 * Whatever runs here after it may do with this page what it wants. Nothing here is a wall; the walls are the frame's policy and what the desk takes.
 */

import type { FromFrame, Refusal, Texts, ToFrame } from '../shared/add-in-messages.ts'

type AddInElement = HTMLElement & {
  form?: object
  readonly isValid: unknown
  readonly secureParameters: unknown
}

type Waiting = { answer(answer: object): void; problem(title: string, advice: string): void }

/** What a lookup is refused with. */
class LookUpProblem extends Error {
  override name = 'LookUpProblem'
  readonly advice: string
  constructor(title: string, advice: string) {
    super(title)
    this.advice = advice
  }
}

// No policy that browsers have holds this way out to the network.
for (const name of ['RTCPeerConnection', 'webkitRTCPeerConnection', 'RTCDataChannel'])
  Reflect.deleteProperty(globalThis, name)

/** The desk gives the channel once, when all scripts have run. */
addEventListener('message', function take({ source, ports: [port], data }: MessageEvent) {
  if (source !== parent || port === undefined || data !== 'sotto-add-in') return
  removeEventListener('message', take)
  begin(port)
})

function begin(port: MessagePort): void {
  const say = (message: FromFrame) => port.postMessage(message)
  const waiting = new Map<number, Waiting>()
  let lastId = 0
  const lookUp = (name: unknown, values: unknown = {}) =>
    new Promise<object>((answer, refuse) => {
      const id = ++lastId
      waiting.set(id, { answer, problem: (title, advice) => refuse(new LookUpProblem(title, advice)) })
      say({ type: 'look-up', id, name: String(name), values: textsOf(values) })
    })
  port.onmessage = ({ data }: MessageEvent<ToFrame>) => {
    if (data.type === 'open') {
      document.documentElement.lang = data.language
      paint(data.scheme)
      const refusal = open(
        say,
        Object.freeze({ parameters: Object.freeze(data.parameters), language: data.language, lookUp }),
      )
      if (refusal !== undefined) say({ type: 'refused', reason: refusal })
      return
    }
    if (data.type === 'scheme') return paint(data.scheme)
    const asked = waiting.get(data.id)
    waiting.delete(data.id)
    if (data.type === 'answer') asked?.answer(data.answer)
    else asked?.problem(data.title, data.advice)
  }
  say({ type: 'ready' })
}

/** Makes the element and shows it. @returns why it is none (PC-85). */
function open(say: (message: FromFrame) => void, form: object): Refusal | undefined {
  const name = document.querySelector<HTMLMetaElement>('meta[name="sotto-add-in"]')?.content ?? ''
  const Defined = customElements.get(name)
  if (Defined === undefined) return 'not-defined'
  if (!(Defined.prototype instanceof HTMLElement)) return 'not-an-element'
  // What an element throws while it is connected is told to the window, and not to whoever connects it.
  let hasThrown = false
  const note = () => {
    hasThrown = true
  }
  addEventListener('error', note)
  try {
    const element = new Defined() as AddInElement
    if (!('isValid' in element) || !('secureParameters' in element)) return 'not-an-element'
    const tell = () => {
      try {
        say({ type: 'valid', isValid: element.isValid === true, secureParameters: textsOf(element.secureParameters) })
      } catch {
        say({ type: 'refused', reason: 'threw' })
      }
    }
    // Room for the ring around what has the focus; the desk takes it back around the frame.
    document.body.style.margin = '5px'
    element.form = form
    element.addEventListener('validchange', tell)
    document.body.append(element)
    if (hasThrown) return 'threw'
    tell()
  } catch {
    return 'threw'
  } finally {
    removeEventListener('error', note)
  }
  const root = document.documentElement
  new ResizeObserver(() => say({ type: 'height', px: Math.ceil(root.getBoundingClientRect().height) })).observe(root)
  return undefined
}

/** `light-dark()` and the browser's own controls follow. */
function paint(scheme: string): void {
  document.documentElement.style.colorScheme = scheme
  document.documentElement.dataset['scheme'] = scheme
}

/** A number is written as a text; what is neither is for the desk to refuse, but a message has to be one that can be sent. */
function textsOf(given: unknown): Texts {
  return Object.fromEntries(Object.entries(Object(given)).map(([name, value]) => [name, String(value ?? '')]))
}
