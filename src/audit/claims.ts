/**
 * What a session's records claim, held against each other: that they cannot contradict themselves is what makes them worth signing.
 *
 *   isolation   while keys could be keyed nothing of the caller went to another leg, and media read nothing of the caller's socket
 *   sinks       every one was off, or is not there, before the first prompt
 *   wipe        came before the rejoin, by the vault or by its death
 *   course      states and times follow each other, the outcome fits them
 *
 * Pure; it believes nobody.
 */

import { type AuditFacts, type Closing, type Opening, SINK_NAMES } from './contract.ts'

/** What a vault asks for and does while it has the caller. */
const VAULT_STATES: ReadonlySet<string> = new Set([
  'asking',
  'confirming',
  'submitting',
  'answered',
  'waiting-for-agent',
])

export type Claim = 'isolation' | 'sinks' | 'wipe' | 'course'
export type Contradiction = { readonly claim: Claim; readonly says: string }

/** @returns everything that does not fit in a session that ran to its end; nothing for one that was interrupted or never began. */
export function contradictions(opening: Opening, closing: Closing): readonly Contradiction[] {
  const { ending, facts, fault } = closing
  const found: Contradiction[] = []
  const must = (holds: boolean, claim: Claim, says: string) => {
    if (!holds) found.push({ claim, says })
  }
  must(opening.callId === closing.callId, 'course', 'it was opened in one call and closed in another')
  must(
    (ending === 'ended') === (facts !== undefined),
    'course',
    'facts are told of a session that did not run, or none of one that did',
  )
  must(
    (ending === 'not-started') === (fault !== undefined),
    'course',
    'the reason for not starting is missing, or there is one too many',
  )
  if (facts === undefined) return found
  checkIsolation(facts, must)
  checkSinks(opening, facts, must)
  checkWipe(facts, must)
  checkCourse(facts, must)
  return found
}

type Must = (holds: boolean, claim: Claim, says: string) => void

function checkIsolation(facts: AuditFacts, must: Must): void {
  const { agentLeg, callerLeg, states, firstPromptMs, rejoin, mediaLost, callEnded } = facts
  const began = firstPromptMs !== undefined
  must(!mediaLost || callEnded, 'isolation', 'the call went on though its media process was lost')
  must(!began || mediaLost || agentLeg !== undefined, 'isolation', 'nobody counted what the agent was sent')
  must(
    !began || mediaLost || callerLeg !== undefined,
    'isolation',
    "nobody counted what media read of the caller's socket",
  )
  if (agentLeg !== undefined) {
    const { port, holdMusic, ringback, silence, chime, left } = agentLeg.sent
    must(port === 0, 'isolation', `${port} packets of another leg were sent to the agent`)
    must(
      left === port + holdMusic + ringback + silence + chime,
      'isolation',
      'packets of unknown origin were sent to the agent',
    )
    must(agentLeg.source !== 'port', 'isolation', 'the agent was left joined to another leg')
    must(agentLeg.fromMs <= agentLeg.toMs, 'isolation', "the agent's packets were counted backwards")
    if (firstPromptMs !== undefined)
      must(agentLeg.fromMs <= firstPromptMs, 'isolation', 'counting began after the first prompt')
    // Whatever comes back to media comes back after this count ended.
    if (rejoin !== undefined) must(agentLeg.toMs <= rejoin.ms, 'isolation', 'counting ended after the join')
  }
  if (callerLeg !== undefined) {
    must(
      callerLeg.mediaReceived === 0,
      'isolation',
      `media read ${callerLeg.mediaReceived} packets of the caller while the vault had the socket`,
    )
    must(
      callerLeg.mediaSent === 0,
      'isolation',
      `media sent the caller ${callerLeg.mediaSent} packets while the vault had the socket`,
    )
    if (firstPromptMs !== undefined)
      must(callerLeg.fromMs <= firstPromptMs, 'isolation', 'the first prompt came before the socket had left media')
  }
  const parting = states.findIndex(({ at }) => at === 'parting')
  const away = states.findIndex(({ at }) => at === 'handing')
  must(
    away < 0 || (parting >= 0 && parting < away),
    'isolation',
    "the caller's socket went before the legs were parted",
  )
}

function checkSinks(opening: Opening, { sinks, firstPromptMs }: AuditFacts, must: Must): void {
  if (firstPromptMs === undefined) return
  for (const name of SINK_NAMES) {
    const told = sinks.filter((sink) => sink.name === name)
    must(told.length === 1, 'sinks', `${name}: told ${told.length} times`)
    for (const { ms } of told) must(ms <= firstPromptMs, 'sinks', `${name}: off only after the first prompt`)
  }
  for (const { name, state } of opening.sinks) {
    const after = sinks.find((sink) => sink.name === name)
    must(
      after === undefined || after.state === state,
      'sinks',
      `${name}: ${state} at the opening and ${after?.state} afterwards`,
    )
  }
  const agent = sinks.find(({ name }) => name === 'agent-leg')
  must(agent?.state === 'off' && agent.by === 'media', 'sinks', 'agent-leg: not off by the word of media')
}

function checkWipe(facts: AuditFacts, must: Must): void {
  const { wipe, rejoin, firstPromptMs, vaultProcessId, states, callEnded } = facts
  must(firstPromptMs === undefined || wipe !== undefined, 'wipe', 'no wipe is told, nor the death of the vault')
  if (wipe !== undefined) {
    must(wipe.processId === vaultProcessId, 'wipe', 'another process wiped than the one that had the caller')
    if (rejoin !== undefined) must(wipe.ms <= rejoin.ms, 'wipe', 'the legs were joined before the wipe')
    if (firstPromptMs !== undefined) must(wipe.ms >= firstPromptMs, 'wipe', 'the wipe came before the first prompt')
  }
  const joined = states.findLast(({ at }) => at === 'open')
  must(rejoin === undefined || joined !== undefined, 'wipe', 'a join without its state')
  // A join that media would not confirm ends the call.
  must(joined === undefined || rejoin !== undefined || callEnded, 'wipe', 'a state of being joined without the join')
}

function checkCourse(facts: AuditFacts, must: Must): void {
  const { states, outcome, verdict, durationMs, wipe, callEnded, rejoin, firstPromptMs } = facts
  must(states[0]?.at === 'parting', 'course', 'it did not begin with parting')
  must(
    states.every(({ ms }, i) => ms >= (states[i - 1]?.ms ?? 0)),
    'course',
    'states were entered backwards in time',
  )
  must(
    states.every(({ ms }) => ms <= durationMs),
    'course',
    'a state was entered after the end',
  )
  const verdictGiven = outcome.result !== 'failed'
  must(
    verdictGiven !== (outcome.reason !== undefined),
    'course',
    'a verdict with a reason for failing, or a failure without one',
  )
  if (verdictGiven) {
    must(firstPromptMs !== undefined, 'course', 'a verdict without a first prompt')
    must(verdict !== undefined && verdict.submissions > 0, 'course', 'a verdict without a request')
    must(wipe?.by === 'vault', 'course', 'a verdict from a vault that did not live to tell it')
  }
  must((verdict?.earlier?.length ?? 0) <= (verdict?.submissions ?? 0), 'course', 'more verdicts than requests')
  const taken = states.findIndex(({ at }) => at === 'capturing')
  for (const [i, { at, ms }] of states.entries()) {
    if (!VAULT_STATES.has(at)) continue
    must(taken >= 0 && i > taken, 'course', `${at} before the vault had the caller`)
    must(wipe === undefined || ms <= wipe.ms, 'wipe', `${at} after the wipe`)
  }
  must(callEnded || rejoin !== undefined, 'course', 'neither joined again nor given up')
}
