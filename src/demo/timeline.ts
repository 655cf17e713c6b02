/**
 * A call as lines that a person can read, one an event: the time since the call came in, who is concerned, what happened. Keys are
 * dots. Pure.
 */

/** The events of the API as far as the timeline reads them; everything else passes by. */
export type TimelineEvent = { readonly type: string; readonly atMs: number } & Readonly<Record<string, unknown>>

export type Timeline = {
  /** @returns the line, or undefined for an event that says nothing to a person. */
  lineFor(event: TimelineEvent): string | undefined
}

const DOT = '\u2022'

/** A timeline that counts from the first event it sees. */
export function createTimeline(): Timeline {
  let startMs: number | undefined
  let field = ''
  return {
    lineFor: (event) => {
      startMs ??= event.atMs
      if (event.type === 'secure.asking') field = String(event['name'])
      const said = wordsFor(event, field)
      if (said === undefined) return undefined
      return `${((event.atMs - startMs) / 1000).toFixed(2).padStart(7)} s  ${said}`
    },
  }
}

function wordsFor(event: TimelineEvent, field: string): string | undefined {
  const number = (name: string): number => Number(event[name] ?? 0)
  switch (event.type) {
    case 'call.arrived':
      return 'caller       calls'
    case 'call.ringing':
      return 'agent        rings'
    case 'call.bridged':
      return 'both         bridged: caller and agent hear each other'
    case 'secure.requested':
      return `agent        asks for a secure session (${event['startedBy'] === 'feature-code' ? 'feature code' : 'API'})`
    case 'secure.parted':
      return `agent        parted: hears hold music after ${number('tookMs').toFixed(0)} ms`
    case 'secure.began':
      return `caller       is in the vault after ${number('gapMs').toFixed(0)} ms`
    case 'secure.asking':
      return `caller       is asked for the ${field}, attempt ${number('attempt')} of ${number('attempts')}`
    case 'secure.progress':
      return number('keys') === 0 ? undefined : `caller       ${field}: ${DOT.repeat(number('keys'))}`
    case 'secure.taken':
      return `caller       ${field}: taken`
    case 'secure.refused':
      return `caller       ${field}: not taken (${String(event['why'])})`
    case 'secure.submitting':
      return 'vault        sends the entry to the validation service'
    case 'secure.answered':
      return `vault        was answered: ${outcomeWords(event['outcome'])}`
    case 'secure.waiting-for-agent':
      return `agent        is asked what to do, for ${(number('waitMs') / 1000).toFixed(0)} s`
    case 'secure.ordered':
      return `agent        orders: ${String(event['order'])}`
    case 'secure.wiped':
      return `vault        wiped; ${outcomeWords(event['outcome'])}`
    case 'secure.rejoined':
      return `both         rejoined ${number('gapMs').toFixed(0)} ms after the caller came back; the agent heard the chime`
    case 'secure.ended':
      return `agent        is told: ${String(event['resultString']).trim()}`
    case 'secure.not-started':
      return `agent        cannot start a secure session: ${String(event['fault'])}`
    case 'call.ended':
      return `call         over: ${String(event['ending'])}`
    default:
      return undefined
  }
}

function outcomeWords(outcome: unknown): string {
  if (typeof outcome !== 'object' || outcome === null || !('result' in outcome)) return 'no outcome'
  const said = outcome as { result: string; reason?: string; details?: string; brand?: string; lastFour?: string }
  const card = said.lastFour === undefined ? '' : `, ${said.brand ?? 'card'} ending in ${said.lastFour}`
  return `${said.result}${said.details === undefined ? '' : `: "${said.details}"`}${said.reason === undefined ? '' : `: ${said.reason}`}${card}`
}
