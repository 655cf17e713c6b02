/**
 * A `call` room with doubles all round, and the few moves that most tests begin with. One journal holds what was done in its order; the
 * rule that the agent hears no caller while a vault may hold digits is watched in every test.
 */

import { join, resolve } from 'node:path'
import { type Config, readConfig } from '../../src/base/config.ts'
import { type Calls, type CallsOptions, createCalls } from '../../src/call/calls.ts'
import { aCallEvent, type CallEvent } from '../../src/call/events.ts'
import { clipsIn, openFlowFolder } from '../../src/flow/index.ts'
import type { LocalMedia } from '../../src/sip/offer-answer.ts'
import { makeOffer } from '../../src/sip/offer-answer.ts'
import type { Outcome, Validation } from '../../src/vault/contract.ts'
import { FakeMedia, type FakePort } from './fake-media.ts'
import { type FakeIncoming, type FakeIncomingOptions, type FakeOutgoing, fakeSip } from './fake-sip.ts'
import { FakeTrail } from './fake-trail.ts'
import { FakeVault } from './fake-vault.ts'
import { phoneMedia } from './phone-media.ts'
import { steppedClock } from './stepped-clock.ts'

const ROOT = resolve(import.meta.dirname, '../..')

export const CONFIG_TEXT = `
sip: { announcedAddress: 198.51.100.1 }
media: { address: 198.51.100.1, codecs: [G722, PCMA, PCMU] }
phones:
  - { account: agent, password: a-password-of-tests }
  - { account: second, password: a-password-of-tests }
  - { account: third, password: a-password-of-tests }
workgroups:
  - { name: all, strategy: ring-all, phones: [agent, second], ringSeconds: 20 }
  - { name: turns, strategy: one-after-another, phones: [agent, second, third], ringSeconds: 10 }
trunks:
  - { name: carrier, addresses: [192.0.2.7], sendIdentity: true, allowDestinations: ['+49*'], outbound: { uri: 'sip:192.0.2.7:5060' } }
  - { name: silent, addresses: [192.0.2.8], allowDestinations: ['+49*'], outbound: { uri: 'sip:192.0.2.8:5060' } }
routes:
  - { number: '100', to: { phone: agent } }
  - { number: '200', to: { workgroup: all } }
  - { number: '300', to: { workgroup: turns } }
  - { number: '400', to: { uri: 'sip:pbx.example:5080' } }
  - { number: '500', to: { uri: 'sip:198.51.100.1:5060' } }
  - { from: phones, number: '+*', to: { trunk: carrier } }
`

export const VALIDATION: Validation = {
  host: 'validation.example',
  port: 8443,
  path: '/validate',
  authorities: [],
  timeoutMs: 10_000,
  reply: 'strict',
  format: 'xml',
  pins: [],
  retry: 'before-sending',
  retries: 2,
}

export const ACCEPTED: Outcome = {
  result: 'accepted',
  details: 'That number was good',
  brand: 'visa',
  lastFour: '1111',
}
export const DECLINED: Outcome = { result: 'declined', details: 'Not enough on it' }

/** @returns the configuration in a YAML text. */
export function configOf(text: string = CONFIG_TEXT): Config {
  const read = readConfig({ text, env: {} })
  if (!('config' in read)) throw new Error(JSON.stringify(read.problems))
  return read.config
}

/** Lets every promise that can go on go on. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
}

export type BridgedCall = {
  readonly callId: string
  readonly caller: FakeIncoming
  readonly agent: FakeOutgoing
  readonly callerPort: FakePort
  readonly agentPort: FakePort
}

export type Bench = {
  readonly journal: string[]
  readonly events: CallEvent[]
  readonly clock: ReturnType<typeof steppedClock>
  readonly sip: ReturnType<typeof fakeSip>
  readonly media: FakeMedia
  readonly vault: FakeVault
  readonly trail: FakeTrail
  readonly calls: Calls
  readonly config: Config
  /** Faults that were logged, by code. */
  readonly faults: string[]
  /** Anything the watch over the agent's ear saw. */
  readonly breaches: string[]
  incoming(options: FakeIncomingOptions): FakeIncoming
  /** A call from the trunk to `100`, answered by the agent's phone. */
  bridged(callerMedia?: LocalMedia, agentMedia?: LocalMedia): Promise<BridgedCall>
  /** A bridged call with a secure session whose vault has the caller. */
  secure(): Promise<BridgedCall & { readonly sessionId: string }>
  types(): string[]
}

export function callBench(changes: Partial<CallsOptions> = {}): Bench {
  const journal: string[] = []
  const events: CallEvent[] = []
  const faults: string[] = []
  const breaches: string[] = []
  const clock = steppedClock()
  const sip = fakeSip(journal)
  const media = new FakeMedia(journal)
  const vault = new FakeVault(journal, () => media.handle('vault'))
  const trail = new FakeTrail()
  const config = changes.config === undefined ? configOf() : (changes.config as Config)
  let made = 0
  sip.phones.set('agent', [{ uri: 'sip:agent@192.0.2.20:5062' }])
  sip.phones.set('second', [{ uri: 'sip:second@192.0.2.21:5062' }])
  sip.phones.set('third', [{ uri: 'sip:third@192.0.2.22:5062' }])
  const calls = createCalls({
    sip,
    mediaPool: media,
    vaultPool: vault,
    clock,
    random: (count) => Uint8Array.from({ length: count }, (_, at) => (at === 0 ? made++ & 0xff : made >> 8)),
    log: {
      fault: (thrown) =>
        faults.push(thrown instanceof Error && 'code' in thrown ? String(thrown.code) : String(thrown)),
    },
    validation: () => VALIDATION,
    flows: openFlowFolder({ folder: join(ROOT, 'flows') }),
    clipsOf: clipsIn(join(ROOT, 'prompts')),
    audit: trail,
    ...changes,
    config,
  })
  calls.subscribe((event) => {
    if (!aCallEvent(event)) breaches.push(`event outside its shape: ${JSON.stringify(event)}`)
    events.push(event)
    journal.push(`* ${event.type}`)
  })
  /** From the vault's `begin` on, until its wipe or death is known. */
  const guarded = () => {
    const began = journal.lastIndexOf('vault begin')
    const safe = Math.max(journal.lastIndexOf('vault wiped'), journal.lastIndexOf('vault lost'))
    return began > safe
  }
  media.onAssign = (assignments) => {
    const joins = assignments.some((each) => each.source.kind === 'port')
    if (joins && guarded()) breaches.push(`joined before the wipe: ${JSON.stringify(assignments)}`)
  }

  const incoming = (options: FakeIncomingOptions) => {
    const session = sip.incoming(options)
    calls.onIncoming(session)
    return session
  }
  const bridged = async (callerMedia = phoneMedia(4000), agentMedia = phoneMedia(5000)) => {
    const caller = incoming({ to: '100', offer: makeOffer(callerMedia) })
    await settle()
    const agent = sip.sent.at(-1)
    if (agent === undefined) throw new Error('nobody was rung')
    agent.progress(180)
    agent.answer(agentMedia)
    await settle()
    const callId = calls.list().at(-1)?.callId
    const [callerPort, agentPort] = media.ports.slice(-2)
    if (callId === undefined || callerPort === undefined || agentPort === undefined)
      throw new Error('no call came about')
    return { callId, caller, agent, callerPort, agentPort }
  }
  return {
    journal,
    events,
    clock,
    sip,
    media,
    vault,
    trail,
    calls,
    config,
    faults,
    breaches,
    incoming,
    bridged,
    async secure() {
      const call = await bridged()
      const { sessionId } = await calls.startSecureSession(call.callId, { fields: [], startedBy: { by: 'token' } })
      await settle()
      vault.last.began()
      return { ...call, sessionId }
    },
    types: () => events.map((event) => event.type),
  }
}
