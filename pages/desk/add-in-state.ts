/** How far the frame of an add-in is, and what happens to it next. Pure: `add-in-channel.ts` does what is decided here. */

import type { FromFrame, Refusal, Texts } from '../shared/add-in-messages.ts'
import { type ParameterFault, parameterFault } from './add-in-check.ts'

/** Why a form by an add-in is not there. */
export type WhyRefused = Refusal | 'missing' | 'silent' | 'left' | 'nonsense' | 'flood'

export type AddInState =
  | { readonly at: 'loading' }
  /** The page in the frame is there: it has the channel, and is to say that it is ready; then that its form is there. */
  | { readonly at: 'connected' | 'opening'; readonly px: number }
  | {
      readonly at: 'open'
      readonly px: number
      readonly isValid: boolean
      readonly parameters: Texts
      readonly wrong: ParameterFault | undefined
    }
  | { readonly at: 'refused'; readonly why: WhyRefused }

export type AddInEvent =
  /** The frame has loaded a page; only the first is ours. */
  | { readonly type: 'loaded' }
  /** Undefined for what is none. */
  | { readonly type: 'said'; readonly message: FromFrame | undefined }
  | { readonly type: 'flooded' }
  /** Nothing came for ten seconds. */
  | { readonly type: 'lapsed' }

export type AddInEffect =
  | { readonly do: 'connect' }
  | { readonly do: 'open' }
  | { readonly do: 'look-up'; readonly id: number; readonly name: string; readonly values: Texts }

/** The height that a frame has before it says its own. */
const FIRST_PX = 96
export const LOADING: AddInState = { at: 'loading' }

type Step = readonly [state: AddInState, effect?: AddInEffect]

export function stepAddIn(state: AddInState, event: AddInEvent): Step {
  if (state.at === 'refused') return [state]
  switch (event.type) {
    case 'loaded':
      // A frame that goes elsewhere has left: nobody knows what is in it.
      return state.at === 'loading' ? [{ at: 'connected', px: FIRST_PX }, { do: 'connect' }] : refused('left')
    case 'flooded':
      return refused('flood')
    case 'lapsed':
      return state.at === 'open' ? [state] : refused('silent')
    case 'said':
      return state.at === 'loading' || event.message === undefined ? refused('nonsense') : heard(state, event.message)
  }
}

function heard(state: Exclude<AddInState, { at: 'loading' | 'refused' }>, message: FromFrame): Step {
  switch (message.type) {
    case 'ready':
      return state.at === 'connected' ? [{ ...state, at: 'opening' }, { do: 'open' }] : refused('nonsense')
    case 'refused':
      return refused(message.reason)
    case 'valid': {
      if (state.at === 'connected') return refused('nonsense')
      const { isValid, secureParameters: parameters } = message
      return [{ at: 'open', px: state.px, isValid, parameters, wrong: parameterFault(parameters) }]
    }
    case 'height':
      return [{ ...state, px: message.px }]
    case 'look-up':
      if (state.at === 'connected') return refused('nonsense')
      return [state, { do: 'look-up', id: message.id, name: message.name, values: message.values }]
  }
}

/** @returns what goes along with a session, or undefined as long as none may begin (PC-82). */
export function sendableOf(state: AddInState): Texts | undefined {
  return state.at === 'open' && state.isValid && state.wrong === undefined ? state.parameters : undefined
}

function refused(why: WhyRefused): Step {
  return [{ at: 'refused', why }]
}
