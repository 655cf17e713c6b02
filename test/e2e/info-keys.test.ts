/**
 * Keys by SIP INFO with phones that this project did not write: baresip as the agent starts a secure session by `*71`, baresip on the
 * trunk keys a card, all of it as application/dtmf-relay. The number arrives whole, and nobody but the vault has seen it.
 */

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { TimelineEvent } from '../../src/demo/timeline.ts'
import { pause } from '../../src/demo/waiting.ts'
import { type Baresip, startBaresip } from '../peers/baresip.ts'
import { CANARY, startSotto, TRUNK_ADDRESS } from '../peers/sotto.ts'
import { AGENT_HUM_HZ, CALLER_HUM_HZ, checkClean, nextYearsEnd } from '../peers/talk.ts'
import { startValidationPeer } from '../peers/validation-peer.ts'

const CODE = '123'
/** A key of baresip's lasts a quarter of a second. */
const KEY_MS = 300

t.setTimeout(180_000)

t.test(
  'a card keyed by INFO over UDP, in a session that was started by INFO over TCP',
  { timeout: 90_000 },
  async (t) => {
    const validation = await startValidationPeer()
    t.teardown(() => validation.close())
    const sotto = await startSotto(t, {
      validationUrl: `https://127.0.0.1:${validation.port}/`,
      caText: validation.authority,
      // This baresip knows no other.
      sip: ['digestAlgorithms: [MD5]'],
    })
    const phone = async (name: string, account: string, humHz: number, address?: string): Promise<Baresip> => {
      const folder = join(sotto.folder, name)
      mkdirSync(folder)
      const started = await startBaresip({
        folder,
        account: `${account};dtmfmode=info`,
        humHz,
        record: false,
        ...(address === undefined ? {} : { address }),
      })
      t.teardown(() => started.stop())
      return started
    }
    const agent = await phone(
      'agent',
      `<sip:agent@127.0.0.1:${sotto.sipPort};transport=tcp>;auth_pass=agent-password-1;regint=60;answermode=auto`,
      AGENT_HUM_HZ,
    )
    await agent.printed(/registered successfully|200 OK/i, 10_000)
    const caller = await phone('caller', `<sip:+4930123@${TRUNK_ADDRESS}>;regint=0`, CALLER_HUM_HZ, TRUNK_ADDRESS)
    await caller.command('dial', `sip:100@127.0.0.1:${sotto.sipPort}`)
    await sotto.event(({ type }) => type === 'call.bridged', 'bridged', 15_000)
    const key = async (from: Baresip, keys: string): Promise<void> => {
      for (const each of keys) await Promise.all([from.command('sndcode', each), pause(KEY_MS)])
    }
    const asked = (field: number): Promise<TimelineEvent> =>
      sotto.event((event) => event.type === 'secure.asking' && event['field'] === field, `asked for ${field}`, 20_000)

    await key(caller, '9999')
    await key(agent, '*71')
    await sotto.event(({ type }) => type === 'secure.requested', 'the feature code heard', 10_000)
    await asked(0)
    await key(agent, '555')
    await key(caller, `${CANARY}#`)
    await asked(1)
    await key(caller, `${nextYearsEnd()}#`)
    await asked(2)
    await key(caller, `${CODE}#`)
    const ended = await sotto.event(({ type }) => type === 'secure.ended', 'the session over', 30_000)
    t.match(ended['outcome'], { result: 'accepted' })
    t.equal(ended['rejoined'], 'yes')
    t.equal(validation.requests.length, 1)
    const body = validation.requests[0]?.body.toString('utf8') ?? ''
    t.match(body, `value="${CANARY}"`)
    t.match(body, `value="${nextYearsEnd()}"`)
    t.match(body, `value="${CODE}"`)
    await caller.command('hangup')
    await sotto.event(({ type }) => type === 'call.ended', 'the call over', 10_000)
    await checkClean(t, sotto, CANARY)
  },
)
