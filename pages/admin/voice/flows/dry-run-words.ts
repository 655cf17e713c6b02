/** What happens in a dry run, in sentences. Pure. */

import type { Act, DryLine, DryPart } from '../../../../src/flow/index.ts'

export type ClipTexts = Readonly<Record<string, { readonly language: string; readonly text: string }>>

/** What a line is about: it decides how it is shown. */
export type Told = { readonly who: 'caller hears' | 'caller' | 'agent' | 'service' | 'vault'; readonly says: string }

const ENDINGS: Readonly<Record<string, string>> = {
  accepted: 'accepted',
  declined: 'declined',
  'validation-unreachable': 'no answer from the validation service',
  'validation-timed-out':
    'the answer of the validation service was not waited for; it may have done what it was asked for',
  'too-many-failed-attempts': 'too many attempts',
  timeout: 'nothing was keyed for too long',
  escaped: 'the caller went back to the agent',
  cancelled: 'the agent cancelled',
  'caller-hung-up': 'the caller hung up',
  'not-validated': 'the flow ended without a verdict',
}

export function lineWords(line: DryLine, acts: readonly Act[], texts: ClipTexts): Told | undefined {
  switch (line.what) {
    case 'acted':
      return actWords(acts[line.act])
    case 'says':
      return { who: 'caller hears', says: line.parts.map((part) => partWords(part, texts)).join(' ') }
    case 'sends':
      return { who: 'service', says: `Request ${line.submission}: ${line.names.join(', ')}` }
    case 'forgets':
      return { who: 'vault', says: `${line.field} is overwritten` }
    case 'asking': {
      const [attempt, attempts] = (line.note ?? '').split('/')
      return { who: 'vault', says: `Asks for ${line.field}, attempt ${attempt} of ${attempts}` }
    }
    case 'refused':
      return { who: 'vault', says: `${line.field} is refused: ${faultWords(line.note ?? '')}` }
    case 'taken':
      return { who: 'vault', says: `${line.field} is taken` }
    case 'confirming':
      return { who: 'vault', says: `${line.field} is read back` }
    case 'more-time':
      return { who: 'vault', says: `More time is given; ${line.note} times left` }
    case 'waiting-for-agent':
      return { who: 'vault', says: `Waits ${line.note} s for the agent's order` }
    case 'answered':
      return { who: 'service', says: `Verdict: ${ENDINGS[line.note ?? ''] ?? line.note}` }
    case 'wiped':
      return { who: 'vault', says: `Everything is wiped. The session ends: ${ENDINGS[line.note ?? ''] ?? line.note}` }
    case 'began':
      return undefined
  }
}

/** @returns the clips of a line that can be listened to, in their order. */
export function clipsOf(
  line: DryLine,
  texts: ClipTexts,
): readonly { readonly language: string; readonly name: string }[] {
  if (line.what !== 'says') return []
  return line.parts.flatMap((part) => {
    const known = 'clip' in part ? texts[part.clip] : undefined
    return known === undefined || !('clip' in part) ? [] : [{ language: known.language, name: part.clip }]
  })
}

export function faultWords(fault: string): string {
  return fault.replaceAll('-', ' ')
}

function partWords(part: DryPart, texts: ClipTexts): string {
  if ('digits' in part) return part.digits === 'all' ? '(the digits that were keyed)' : '(the last four digits)'
  return texts[part.clip]?.text ?? `(${part.clip})`
}

const ENDS = {
  terminator: ', then the key that ends an entry',
  pause: ', then a pause',
  whole: '',
  clear: ', then the key that clears',
}

function actWords(act: Act | undefined): Told | undefined {
  switch (act?.act) {
    case undefined:
      return undefined
    case 'enter':
      return { who: 'caller', says: `Presses ${act.keys} ${act.keys === 1 ? 'key' : 'keys'}${ENDS[act.ends]}` }
    case 'clear':
      return { who: 'caller', says: 'Presses the key that clears' }
    case 'escape':
      return { who: 'caller', says: 'Presses the key that leads to the agent' }
    case 'more-time':
      return { who: 'caller', says: 'Presses the key that asks for more time' }
    case 'yes':
      return { who: 'caller', says: 'Says that it is right' }
    case 'no':
      return { who: 'caller', says: 'Says that it is wrong' }
    case 'silence':
      return { who: 'caller', says: 'Nothing happens until the time is over' }
    case 'hang-up':
      return { who: 'caller', says: 'Hangs up' }
    case 'verdict':
      return { who: 'service', says: act.result === 'failed' ? 'Does not answer' : 'Answers' }
    case 'again':
      return { who: 'agent', says: 'Has a field keyed again' }
    case 'again-all':
      return { who: 'agent', says: 'Has everything keyed again' }
    case 'go-on':
      return { who: 'agent', says: 'Goes on' }
    case 'cancel':
      return { who: 'agent', says: 'Cancels' }
  }
}
