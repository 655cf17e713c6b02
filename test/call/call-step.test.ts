import t from 'tap'
import type { Step } from '../../src/base/step.ts'
import type { CallEffect, CallEvent, CallState } from '../../src/call/call-states.ts'
import { stepCall } from '../../src/call/call-step.ts'
import { checkGrid } from '../peers/grid.ts'

const ringing = {
  at: 'ringing',
  stage: 0,
  stages: 1,
  live: ['a'],
  statuses: [],
  told: 'nothing',
  early: undefined,
} as const

const states: Record<string, CallState> = {
  arriving: { at: 'arriving' },
  'ringing one': ringing,
  'ringing two of two stages': { ...ringing, stages: 2, live: ['a', 'b'], told: 'ringing' },
  'ringing with early media': { ...ringing, live: ['a', 'b'], told: 'early', early: 'a' },
  answering: { at: 'answering', winner: 'a' },
  bridged: { at: 'bridged' },
  secure: { at: 'secure' },
  transferring: { at: 'transferring', by: 'placed', left: false },
  'transferring, and the agent has hung up': { at: 'transferring', by: 'placed', left: true },
  ended: { at: 'ended' },
}

const events: Record<string, CallEvent> = {
  routed: { type: 'routed', stages: 2 },
  refusedHere: { type: 'refusedHere', status: 488 },
  staged: { type: 'staged', attempts: ['a', 'b'] },
  nobody: { type: 'staged', attempts: [] },
  rang: { type: 'rang', attempt: 'a' },
  early: { type: 'early', attempt: 'a' },
  answered: { type: 'answered', attempt: 'a' },
  strangerAnswered: { type: 'answered', attempt: 'z' },
  pickedUp: { type: 'pickedUp', attempt: 'p' },
  refused: { type: 'refused', attempt: 'a', status: 486 },
  strangerRefused: { type: 'refused', attempt: 'z', status: 486 },
  lapsed: { type: 'lapsed', stage: 0 },
  late: { type: 'lapsed', stage: 7 },
  settled: { type: 'settled' },
  placingGone: { type: 'gone', leg: 'placing', why: 'hung-up' },
  placedGone: { type: 'gone', leg: 'placed', why: 'hung-up' },
  placingQuiet: { type: 'gone', leg: 'placing', why: 'no-audio' },
  placedQuiet: { type: 'gone', leg: 'placed', why: 'no-audio' },
  secureBegan: { type: 'secureBegan' },
  secureRejoined: { type: 'secureRejoined' },
  secureReleased: { type: 'secureReleased' },
  transferBegan: { type: 'transferBegan', by: 'placed' },
  transferred: { type: 'transferred' },
  transferFailed: { type: 'transferFailed' },
  placedTaken: { type: 'takenAway', leg: 'placed' },
  placingTaken: { type: 'takenAway', leg: 'placing' },
  mediaLost: { type: 'mediaLost' },
  hangUp: { type: 'hangUp', reason: 'shutting-down' },
}

const cells: Record<string, string> = {
  arriving: `
    pickedUp -> arriving: dropAttempts p
    routed -> ringing 0/2 [] nothing: placeStage 0
    refusedHere -> ended: refuse 488, finish not-routed
    placingGone -> ended: finish cancelled
    placingQuiet -> ended: finish cancelled
    placedGone -> ended: finish cancelled
    placedQuiet -> ended: finish cancelled
    mediaLost -> ended: refuse 503, finish media-lost
    hangUp -> ended: refuse 503, finish hung-up-by-us
    bug: staged nobody rang early answered strangerAnswered refused strangerRefused lapsed late settled secureBegan secureRejoined secureReleased transferBegan transferred transferFailed placedTaken placingTaken
  `,
  'ringing one': `
    pickedUp -> answering p: dropAttempts a, accept p
    staged -> ringing 0/1 [a b] nothing
    nobody -> ended: dropAttempts a, refuse 480, finish no-answer
    rang -> ringing 0/1 [a] ringing: tellRinging
    early -> ringing 0/1 [a] early of a: tellEarly a
    answered -> answering a: accept a
    strangerAnswered -> ringing 0/1 [a] nothing: dropAttempts z
    refused -> ended: refuse 486, finish refused
    lapsed -> ended: dropAttempts a, refuse 480, finish no-answer
    placingGone -> ended: dropAttempts a, finish cancelled
    placingQuiet -> ended: dropAttempts a, finish cancelled
    refusedHere -> ended: dropAttempts a, refuse 488, finish refused
    mediaLost -> ended: dropAttempts a, refuse 503, finish media-lost
    hangUp -> ended: dropAttempts a, refuse 503, finish hung-up-by-us
    ignored: strangerRefused late placedGone placedQuiet
    bug: routed settled secureBegan secureRejoined secureReleased transferBegan transferred transferFailed placedTaken placingTaken
  `,
  'ringing two of two stages': `
    pickedUp -> answering p: dropAttempts a b, accept p
    staged -> ignored
    nobody -> ringing 1/2 [] ringing after 480: dropAttempts a b, placeStage 1
    early -> ringing 0/2 [a b] early of a: tellEarly a
    answered -> answering a: dropAttempts b, accept a
    strangerAnswered -> ringing 0/2 [a b] ringing: dropAttempts z
    refused -> ringing 0/2 [b] ringing after 486
    lapsed -> ringing 1/2 [] ringing after 480: dropAttempts a b, placeStage 1
    placingGone -> ended: dropAttempts a b, finish cancelled
    placingQuiet -> ended: dropAttempts a b, finish cancelled
    refusedHere -> ended: dropAttempts a b, refuse 488, finish refused
    mediaLost -> ended: dropAttempts a b, refuse 503, finish media-lost
    hangUp -> ended: dropAttempts a b, refuse 503, finish hung-up-by-us
    ignored: rang strangerRefused late placedGone placedQuiet
    bug: routed settled secureBegan secureRejoined secureReleased transferBegan transferred transferFailed placedTaken placingTaken
  `,
  'ringing with early media': `
    pickedUp -> answering p: dropAttempts a b, accept p
    staged -> ignored
    nobody -> ended: dropAttempts a b, refuse 480, finish no-answer
    answered -> answering a: dropAttempts b, accept a
    strangerAnswered -> ringing 0/1 [a b] early of a: dropAttempts z
    refused -> ringing 0/1 [b] early after 486: playRingback
    lapsed -> ended: dropAttempts a b, refuse 480, finish no-answer
    placingGone -> ended: dropAttempts a b, finish cancelled
    placingQuiet -> ended: dropAttempts a b, finish cancelled
    refusedHere -> ended: dropAttempts a b, refuse 488, finish refused
    mediaLost -> ended: dropAttempts a b, refuse 503, finish media-lost
    hangUp -> ended: dropAttempts a b, refuse 503, finish hung-up-by-us
    ignored: rang early strangerRefused late placedGone placedQuiet
    bug: routed settled secureBegan secureRejoined secureReleased transferBegan transferred transferFailed placedTaken placingTaken
  `,
  answering: `
    pickedUp -> answering a: dropAttempts p
    settled -> bridged: bridge
    refusedHere -> ended: refuse 488, endPlaced, finish refused
    strangerAnswered -> answering a: dropAttempts z
    placingGone -> ended: endPlaced, finish placing-hung-up
    placedGone -> ended: endPlacing, finish placed-hung-up
    placingQuiet -> ended: endPlaced, endPlacing, finish no-audio
    placedQuiet -> ended: endPlacing, endPlaced, finish no-audio
    mediaLost -> ended: endPlacing, endPlaced, finish media-lost
    hangUp -> ended: endPlacing, endPlaced, finish hung-up-by-us
    ignored: answered rang early refused strangerRefused lapsed late
    bug: routed staged nobody secureBegan secureRejoined secureReleased transferBegan transferred transferFailed placedTaken placingTaken
  `,
  bridged: `
    pickedUp -> bridged: dropAttempts p
    secureBegan -> secure
    transferBegan -> transferring for placed: wait
    answered -> bridged: dropAttempts a
    strangerAnswered -> bridged: dropAttempts z
    placingGone -> ended: endPlaced, finish placing-hung-up
    placedGone -> ended: endPlacing, finish placed-hung-up
    placingQuiet -> ended: endPlaced, endPlacing, finish no-audio
    placedQuiet -> ended: endPlacing, endPlaced, finish no-audio
    mediaLost -> ended: endPlacing, endPlaced, finish media-lost
    hangUp -> ended: endPlacing, endPlaced, finish hung-up-by-us
    ignored: rang early refused strangerRefused lapsed late
    bug: routed refusedHere staged nobody settled secureRejoined secureReleased transferred transferFailed placedTaken placingTaken
  `,
  secure: `
    pickedUp -> secure: dropAttempts p
    secureRejoined -> bridged
    secureReleased -> ended: endPlacing, endPlaced, finish secure-failed
    answered -> secure: dropAttempts a
    strangerAnswered -> secure: dropAttempts z
    placingGone -> secure: askSecure gone placing
    placedGone -> secure: askSecure gone placed
    placingQuiet -> secure: askSecure gone placing
    placedQuiet -> secure: askSecure gone placed
    mediaLost -> secure: askSecure mediaLost
    hangUp -> secure: askSecure hangUp
    ignored: rang early refused strangerRefused lapsed late
    bug: routed refusedHere staged nobody settled secureBegan transferBegan transferred transferFailed placedTaken placingTaken
  `,
  transferring: `
    pickedUp -> transferring for placed: dropAttempts p
    transferred -> bridged: rejoin
    transferFailed -> bridged: rejoin
    placedTaken -> ended: endPlacing, finish transferred
    placingTaken -> ended: endPlaced, finish transferred
    placedGone -> transferring for placed, who left
    placedQuiet -> transferring for placed, who left: endPlaced
    placingGone -> ended: endPlaced, finish placing-hung-up
    placingQuiet -> ended: endPlaced, endPlacing, finish no-audio
    answered -> transferring for placed: dropAttempts a
    strangerAnswered -> transferring for placed: dropAttempts z
    mediaLost -> ended: endPlacing, endPlaced, finish media-lost
    hangUp -> ended: endPlacing, endPlaced, finish hung-up-by-us
    ignored: rang early refused strangerRefused lapsed late
    bug: routed refusedHere staged nobody settled secureBegan secureRejoined secureReleased transferBegan
  `,
  'transferring, and the agent has hung up': `
    pickedUp -> transferring for placed, who left: dropAttempts p
    transferred -> bridged: rejoin
    transferFailed -> ended: endPlacing, endPlaced, finish transfer-failed
    placedTaken -> ended: endPlacing, finish transferred
    placingTaken -> ended: endPlaced, finish transferred
    placedGone -> ignored
    placedQuiet -> transferring for placed, who left: endPlaced
    placingGone -> ended: endPlaced, finish placing-hung-up
    placingQuiet -> ended: endPlaced, endPlacing, finish no-audio
    answered -> transferring for placed, who left: dropAttempts a
    strangerAnswered -> transferring for placed, who left: dropAttempts z
    mediaLost -> ended: endPlacing, endPlaced, finish media-lost
    hangUp -> ended: endPlacing, endPlaced, finish hung-up-by-us
    ignored: rang early refused strangerRefused lapsed late
    bug: routed refusedHere staged nobody settled secureBegan secureRejoined secureReleased transferBegan
  `,
  ended: `
    pickedUp -> ended: dropAttempts p
    staged -> ended: dropAttempts a b
    answered -> ended: dropAttempts a
    strangerAnswered -> ended: dropAttempts z
    ignored: routed refusedHere nobody rang early refused strangerRefused lapsed late settled placingGone placedGone placingQuiet placedQuiet secureBegan secureRejoined secureReleased mediaLost hangUp transferBegan transferred transferFailed placedTaken placingTaken
  `,
}

function effectWords(effect: CallEffect): string {
  switch (effect.do) {
    case 'placeStage':
      return `placeStage ${effect.stage}`
    case 'tellEarly':
    case 'accept':
      return `${effect.do} ${effect.attempt}`
    case 'dropAttempts':
      return `dropAttempts ${effect.attempts.join(' ')}`
    case 'refuse':
      return `refuse ${effect.status}`
    case 'finish':
      return `finish ${effect.ending}`
    case 'askSecure':
      return effect.about.type === 'gone' ? `askSecure gone ${effect.about.leg}` : `askSecure ${effect.about.type}`
    default:
      return effect.do
  }
}

function stateWords(state: CallState): string {
  if (state.at === 'answering') return `answering ${state.winner}`
  if (state.at === 'transferring') return `transferring for ${state.by}${state.left ? ', who left' : ''}`
  if (state.at !== 'ringing') return state.at
  const early = state.early === undefined ? '' : ` of ${state.early}`
  const after = state.statuses.length === 0 ? '' : ` after ${state.statuses.join(' ')}`
  return `ringing ${state.stage}/${state.stages} [${state.live.join(' ')}] ${state.told}${early}${after}`
}

function words([state, ...effects]: Step<CallState, CallEffect>): string {
  const list = effects.map(effectWords).join(', ')
  return `${stateWords(state)}${list === '' ? '' : `: ${list}`}`
}

t.test('every state meets every event', async (t) => {
  checkGrid(t, { states, events, cells }, stepCall, words)
})

t.test('early media lost with its stage is replaced by ringback', async (t) => {
  const state: CallState = { ...ringing, stages: 2, told: 'early', early: 'a' }
  t.equal(
    words(stepCall(state, { type: 'lapsed', stage: 0 })),
    'ringing 1/2 [] early after 480: dropAttempts a, playRingback, placeStage 1',
  )
})

t.test('the last stage gives the best of all refusals', async (t) => {
  const state: CallState = { ...ringing, stage: 1, stages: 2, statuses: [486, 480] }
  t.equal(words(stepCall(state, { type: 'refused', attempt: 'a', status: 404 })), 'ended: refuse 486, finish refused')
})
