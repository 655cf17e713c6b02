import t from 'tap'
import { IllegalStep, type Step } from '../../src/base/step.ts'
import { stepSecure } from '../../src/call/secure.ts'
import {
  hearsCaller,
  type SecureEffect,
  type SecureEvent,
  type SecureState,
  socketOwner,
} from '../../src/call/secure-states.ts'
import type { Outcome } from '../../src/vault/contract.ts'
import { checkGrid } from '../peers/grid.ts'

const accepted: Outcome = { result: 'accepted', details: 'good' }
const cancelled: Outcome = { result: 'failed', reason: 'cancelled' }
const hungUp: Outcome = { result: 'failed', reason: 'caller-hung-up' }

const states: Record<string, SecureState> = {
  open: { at: 'open' },
  parting: { at: 'parting' },
  releasing: { at: 'releasing' },
  'releasing, cancelled': { at: 'releasing', outcome: cancelled },
  'releasing, caller gone': { at: 'releasing', outcome: hungUp, ending: 'caller-hung-up' },
  handing: { at: 'handing' },
  capturing: { at: 'capturing' },
  'stopping, cancelled': { at: 'stopping', giveBack: true },
  'stopping, agent gone': { at: 'stopping', giveBack: true, ending: 'agent-hung-up' },
  'stopping, caller gone': { at: 'stopping', giveBack: false, ending: 'caller-hung-up' },
  returning: { at: 'returning', outcome: accepted },
  'returning, agent gone': { at: 'returning', outcome: accepted, ending: 'agent-hung-up' },
  adopting: { at: 'adopting', outcome: accepted },
  renewing: { at: 'renewing', outcome: accepted },
  ended: { at: 'ended' },
}

/** `lapsed` is the state's own timer, `late` one of another state. */
const events: Record<string, SecureEvent> = {
  requested: { type: 'requested' },
  parted: { type: 'parted' },
  partFailed: { type: 'partFailed' },
  released: { type: 'released' },
  releaseFailed: { type: 'releaseFailed' },
  began: { type: 'began' },
  beginFailed: { type: 'beginFailed' },
  wiped: { type: 'wiped', outcome: accepted },
  returned: { type: 'returned', socket: true },
  emptyHanded: { type: 'returned', socket: false },
  adopted: { type: 'adopted' },
  adoptFailed: { type: 'adoptFailed' },
  reached: { type: 'reached' },
  unreachable: { type: 'unreachable' },
  vaultLost: { type: 'vaultLost' },
  mediaLost: { type: 'mediaLost' },
  callerGone: { type: 'callerGone' },
  agentGone: { type: 'agentGone' },
  cancelled: { type: 'cancelled' },
  hangUp: { type: 'hangUp', reason: 'shutting-down' },
  lapsed: { type: 'lapsed', timer: 'parting' },
  late: { type: 'lapsed', timer: 'parting' },
}

const cells: Record<string, string> = {
  open: `
    requested -> parting: cut, arm parting
    returned -> open: dropSocket
    ignored: parted partFailed began wiped emptyHanded vaultLost mediaLost callerGone agentGone cancelled hangUp lapsed late
    bug: released releaseFailed beginFailed adopted adoptFailed reached unreachable
  `,
  parting: `
    parted -> releasing: release, arm releasing
    cancelled -> open: join, finish cancelled
    callerGone -> ended: finish caller-hung-up, endCall caller-hung-up
    agentGone -> ended: finish agent-hung-up, endCall agent-hung-up
    hangUp -> ended: finish shutting-down, endCall hung-up-by-us
    mediaLost -> ended: finish internal-error, endCall media-lost
    partFailed -> ended: finish internal-error, endCall media-lost
    lapsed -> ended: finish internal-error, endCall media-lost
    ignored: vaultLost late
    bug: requested released releaseFailed began beginFailed wiped returned emptyHanded adopted adoptFailed reached unreachable
  `,
  releasing: `
    released -> handing: begin, arm handing
    releaseFailed -> open: join, finish internal-error
    cancelled -> releasing cancelled
    callerGone -> releasing caller-hung-up, ends caller-hung-up
    agentGone -> releasing agent-hung-up, ends agent-hung-up
    hangUp -> releasing shutting-down, ends hung-up-by-us
    mediaLost -> ended: finish internal-error, endCall media-lost
    lapsed -> ended: finish internal-error, endCall media-lost
    ignored: vaultLost late
    bug: requested parted partFailed began beginFailed wiped returned emptyHanded adopted adoptFailed reached unreachable
  `,
  'releasing, cancelled': `
    released -> adopting cancelled: adopt, arm adopting
    releaseFailed -> open: join, finish cancelled
    callerGone -> releasing caller-hung-up, ends caller-hung-up
    agentGone -> releasing agent-hung-up, ends agent-hung-up
    hangUp -> releasing shutting-down, ends hung-up-by-us
    mediaLost -> ended: finish cancelled, endCall media-lost
    lapsed -> ended: finish cancelled, endCall media-lost
    ignored: cancelled vaultLost late
    bug: requested parted partFailed began beginFailed wiped returned emptyHanded adopted adoptFailed reached unreachable
  `,
  'releasing, caller gone': `
    released -> ended: dropSocket, finish caller-hung-up, endCall caller-hung-up
    releaseFailed -> ended: finish caller-hung-up, endCall caller-hung-up
    mediaLost -> ended: finish caller-hung-up, endCall media-lost
    lapsed -> ended: finish caller-hung-up, endCall media-lost
    ignored: cancelled callerGone agentGone hangUp vaultLost late
    bug: requested parted partFailed began beginFailed wiped returned emptyHanded adopted adoptFailed reached unreachable
  `,
  handing: `
    began -> capturing: arm capturing
    beginFailed -> adopting vault-lost: adopt, arm adopting
    wiped -> returning accepted: arm returning
    returned -> ended: dropSocket, finish internal-error, endCall vault-stuck
    emptyHanded -> ended: finish internal-error, endCall vault-stuck
    vaultLost -> renewing vault-lost: renew, arm renewing
    cancelled -> stopping, giving back: stop cancelled true, arm stopping
    lapsed -> stopping, giving back: stop cancelled true, arm stopping
    callerGone -> stopping, ends caller-hung-up: stop caller-hung-up false, arm stopping
    agentGone -> stopping, giving back, ends agent-hung-up: stop agent-hung-up true, arm stopping
    hangUp -> stopping, ends hung-up-by-us: stop shutting-down false, arm stopping
    mediaLost -> stopping, ends media-lost: stop cancelled false, arm stopping
    ignored: late
    bug: requested parted partFailed released releaseFailed adopted adoptFailed reached unreachable
  `,
  capturing: `
    wiped -> returning accepted: arm returning
    returned -> ended: dropSocket, finish internal-error, endCall vault-stuck
    emptyHanded -> ended: finish internal-error, endCall vault-stuck
    vaultLost -> renewing vault-lost: renew, arm renewing
    cancelled -> stopping, giving back: stop cancelled true, arm stopping
    lapsed -> stopping, giving back: stop cancelled true, arm stopping
    callerGone -> stopping, ends caller-hung-up: stop caller-hung-up false, arm stopping
    agentGone -> stopping, giving back, ends agent-hung-up: stop agent-hung-up true, arm stopping
    hangUp -> stopping, ends hung-up-by-us: stop shutting-down false, arm stopping
    mediaLost -> stopping, ends media-lost: stop cancelled false, arm stopping
    ignored: began late
    bug: requested parted partFailed released releaseFailed beginFailed adopted adoptFailed reached unreachable
  `,
  'stopping, cancelled': `
    wiped -> returning accepted: arm returning
    returned -> ended: dropSocket, finish internal-error, endCall vault-stuck
    emptyHanded -> ended: finish internal-error, endCall vault-stuck
    vaultLost -> renewing vault-lost: renew, arm renewing
    callerGone -> stopping, ends caller-hung-up: stop caller-hung-up false
    agentGone -> stopping, giving back, ends agent-hung-up: stop agent-hung-up true
    hangUp -> stopping, ends hung-up-by-us: stop shutting-down false
    mediaLost -> stopping, ends media-lost: stop cancelled false
    lapsed -> ended: finish vault-lost, endCall vault-stuck
    ignored: began cancelled late
    bug: requested parted partFailed released releaseFailed beginFailed adopted adoptFailed reached unreachable
  `,
  'stopping, agent gone': `
    wiped -> returning accepted, ends agent-hung-up: arm returning
    returned -> ended: dropSocket, finish internal-error, endCall vault-stuck
    emptyHanded -> ended: finish internal-error, endCall vault-stuck
    vaultLost -> ended: finish vault-lost, endCall agent-hung-up
    callerGone -> stopping, ends caller-hung-up: stop caller-hung-up false
    hangUp -> stopping, ends hung-up-by-us: stop shutting-down false
    mediaLost -> stopping, ends media-lost: stop cancelled false
    lapsed -> ended: finish vault-lost, endCall vault-stuck
    ignored: began cancelled agentGone late
    bug: requested parted partFailed released releaseFailed beginFailed adopted adoptFailed reached unreachable
  `,
  'stopping, caller gone': `
    wiped -> ended: finish accepted, endCall caller-hung-up
    returned -> ended: dropSocket, finish internal-error, endCall vault-stuck
    emptyHanded -> ended: finish internal-error, endCall vault-stuck
    vaultLost -> ended: finish vault-lost, endCall caller-hung-up
    lapsed -> ended: finish vault-lost, endCall vault-stuck
    ignored: began cancelled callerGone agentGone hangUp mediaLost late
    bug: requested parted partFailed released releaseFailed beginFailed adopted adoptFailed reached unreachable
  `,
  returning: `
    returned -> adopting accepted: adopt, arm adopting
    emptyHanded -> renewing accepted: renew, arm renewing
    vaultLost -> renewing accepted: renew, arm renewing
    agentGone -> returning accepted, ends agent-hung-up
    callerGone -> ended: stop caller-hung-up false, finish accepted, endCall caller-hung-up
    hangUp -> ended: stop shutting-down false, finish accepted, endCall hung-up-by-us
    mediaLost -> ended: stop cancelled false, finish accepted, endCall media-lost
    lapsed -> renewing accepted: stop cancelled false, renew, arm renewing
    ignored: began wiped cancelled late
    bug: requested parted partFailed released releaseFailed beginFailed adopted adoptFailed reached unreachable
  `,
  'returning, agent gone': `
    returned -> ended: dropSocket, finish accepted, endCall agent-hung-up
    emptyHanded -> ended: finish accepted, endCall agent-hung-up
    vaultLost -> ended: finish accepted, endCall agent-hung-up
    callerGone -> ended: stop caller-hung-up false, finish accepted, endCall agent-hung-up
    hangUp -> ended: stop shutting-down false, finish accepted, endCall agent-hung-up
    mediaLost -> ended: stop cancelled false, finish accepted, endCall agent-hung-up
    lapsed -> ended: stop cancelled false, finish accepted, endCall agent-hung-up
    ignored: agentGone began wiped cancelled late
    bug: requested parted partFailed released releaseFailed beginFailed adopted adoptFailed reached unreachable
  `,
  adopting: `
    adopted -> open: join, finish accepted
    adoptFailed -> renewing accepted: renew, arm renewing
    returned -> adopting accepted: dropSocket
    callerGone -> ended: finish accepted, endCall caller-hung-up
    agentGone -> ended: finish accepted, endCall agent-hung-up
    hangUp -> ended: finish accepted, endCall hung-up-by-us
    mediaLost -> ended: finish accepted, endCall media-lost
    lapsed -> ended: finish accepted, endCall media-lost
    ignored: emptyHanded began wiped vaultLost cancelled late
    bug: requested parted partFailed released releaseFailed beginFailed reached unreachable
  `,
  renewing: `
    reached -> open: join, finish accepted
    unreachable -> ended: finish accepted, endCall caller-unreachable
    returned -> renewing accepted: dropSocket
    callerGone -> ended: finish accepted, endCall caller-hung-up
    agentGone -> ended: finish accepted, endCall agent-hung-up
    hangUp -> ended: finish accepted, endCall hung-up-by-us
    mediaLost -> ended: finish accepted, endCall media-lost
    lapsed -> ended: finish accepted, endCall caller-unreachable
    ignored: emptyHanded began wiped vaultLost cancelled late
    bug: requested parted partFailed released releaseFailed beginFailed adopted adoptFailed
  `,
  ended: `
    released -> ended: dropSocket
    returned -> ended: dropSocket
    ignored: parted partFailed releaseFailed began beginFailed wiped emptyHanded adopted adoptFailed reached unreachable vaultLost mediaLost callerGone agentGone cancelled hangUp lapsed late
    bug: requested
  `,
}

function outcomeWord(outcome: Outcome): string {
  return outcome.result === 'failed' ? outcome.reason : outcome.result
}

function effectWords(effect: SecureEffect): string {
  switch (effect.do) {
    case 'stop':
      return `stop ${effect.reason} ${effect.giveBack}`
    case 'finish':
      return `finish ${outcomeWord(effect.outcome)}`
    case 'endCall':
      return `endCall ${effect.ending}`
    case 'arm':
      return `arm ${effect.timer}`
    default:
      return effect.do
  }
}

function words([state, ...effects]: Step<SecureState, SecureEffect>): string {
  const outcome = 'outcome' in state && state.outcome !== undefined ? ` ${outcomeWord(state.outcome)}` : ''
  const back = 'giveBack' in state && state.giveBack ? ', giving back' : ''
  const ends = 'ending' in state && state.ending !== undefined ? `, ends ${state.ending}` : ''
  const list = effects.map(effectWords).join(', ')
  return `${state.at}${outcome}${back}${ends}${list === '' ? '' : `: ${list}`}`
}

/** The state's own timer for `lapsed`, and another's for `late`. */
function timed(state: SecureState, event: SecureEvent): SecureEvent {
  if (event.type !== 'lapsed') return event
  const own = state.at === 'open' || state.at === 'ended' ? 'parting' : state.at
  return event === events['lapsed']
    ? { type: 'lapsed', timer: own }
    : { type: 'lapsed', timer: own === 'parting' ? 'handing' : 'parting' }
}

t.test('every state meets every event', async (t) => {
  checkGrid(t, { states, events, cells }, (state, event) => stepSecure(state, timed(state, event)), words)
})

t.test('the four invariants hold in every row', async (t) => {
  for (const [name, state] of Object.entries(states)) {
    for (const [said, event] of Object.entries(events)) {
      let step: Step<SecureState, SecureEffect>
      try {
        step = stepSecure(state, timed(state, event))
      } catch (thrown) {
        if (thrown instanceof IllegalStep) continue
        throw thrown
      }
      const [to, ...effects] = step
      const row = `${name}, ${said}`
      const does = effects.map((effect) => effect.do)
      t.equal(hearsCaller(to), to.at === 'open', `1 and 3: ${row}`)
      if (does.includes('join')) t.equal(to.at, 'open', `joined only into open: ${row}`)
      if (to.at === 'open' && state.at !== 'open') t.equal(does[0], 'join', `open only by a join: ${row}`)
      if (hearsCaller(state) && !hearsCaller(to)) t.equal(does[0], 'cut', `the cut comes first: ${row}`)
      if (does.includes('begin')) t.equal(socketOwner(to), 'vault', `2: ${row}`)
      if (does.includes('adopt')) t.equal(socketOwner(to), 'control', `2: ${row}`)
      if (does.includes('join') && socketOwner(state) === 'vault')
        t.fail(`2: joined while the vault has the socket: ${row}`)
    }
  }
})

/** What is true in the world while the machine runs, beside its state. */
type World = {
  readonly state: SecureState
  /** A vault has been given the socket, and neither its wipe nor its death is confirmed. */
  readonly guarded: boolean
  /** Who has asked for what: a confirmation comes only for a command. */
  readonly asked: 'nothing' | 'cut' | 'release' | 'begin' | 'adopt' | 'renew'
}

/** @returns what can be heard of next, given what was asked. `begin` fails at once or not at all. */
function possible(world: World): string[] {
  const answers = {
    nothing: [],
    cut: ['parted', 'partFailed'],
    release: ['released', 'releaseFailed'],
    begin: [
      ...(world.state.at === 'handing' ? ['beginFailed'] : []),
      'began',
      'wiped',
      'returned',
      'emptyHanded',
      'vaultLost',
    ],
    adopt: ['adopted', 'adoptFailed'],
    renew: ['reached', 'unreachable'],
  }[world.asked]
  const late = ['began', 'wiped', 'returned', 'emptyHanded', 'vaultLost']
  const always = ['mediaLost', 'callerGone', 'agentGone', 'cancelled', 'hangUp', 'lapsed', 'late']
  return [
    ...answers,
    ...(world.guarded || ['returning', 'adopting', 'renewing', 'ended'].includes(world.state.at) ? late : []),
    ...always,
  ]
}

t.test('no road through the machine joins before the wipe or the death of the vault', async (t) => {
  const first: World = { state: { at: 'open' }, guarded: false, asked: 'nothing' }
  const seen = new Set<string>()
  const roads: { readonly world: World; readonly way: readonly string[] }[] = [{ world: first, way: [] }]
  let joins = 0
  for (let road = roads.pop(); road !== undefined; road = roads.pop()) {
    const key = JSON.stringify(road.world)
    if (seen.has(key)) continue
    seen.add(key)
    const names = road.way.length === 0 ? ['requested'] : possible(road.world)
    for (const name of new Set(names)) {
      const event = events[name]
      if (event === undefined) throw new Error(name)
      const way = [...road.way, name]
      const [state, ...effects] = stepSecure(road.world.state, timed(road.world.state, event))
      let { guarded, asked } = road.world
      if (name === 'wiped' || name === 'vaultLost' || name === 'beginFailed') guarded = false
      for (const effect of effects) {
        if (effect.do === 'begin') guarded = true
        if (effect.do === 'join') joins++
        if (effect.do === 'join' && guarded) t.fail(way.join(' > '))
        if (['cut', 'release', 'begin', 'adopt', 'renew'].includes(effect.do)) asked = effect.do as World['asked']
      }
      if (state.at === 'open') continue
      roads.push({ world: { state, guarded, asked }, way })
    }
  }
  t.ok(seen.size > 25, `${seen.size} worlds were seen`)
  t.ok(joins > 5, `${joins} joins among them`)
})
