/** The races of R-36: what both ends of a call do, and when. Each leaves a call that both ends are in or that neither is in; `races.ts` judges that. */

import { pause } from '../../src/demo/waiting.ts'
import { headerOf, type SipRequest, sdpOf } from '../../src/sip/message.ts'
import { holds, type RaceLeg, tagIn } from './race-ends.ts'

export type Race = {
  /** From 0 up to the limit. */
  readonly dice: (limit: number) => number
  readonly number: string
  readonly user: string
  readonly caller: RaceLeg
  /** The other end, once its INVITE has come. */
  readonly agent: () => RaceLeg | undefined
  /** What the agent's end does with its INVITE. */
  onAgent: (leg: RaceLeg, invite: SipRequest) => void
  readonly flaws: string[]
  /** Starts a secure session. @returns whether it was. */
  secure(): Promise<boolean>
  /** Ends it, when there is one. */
  cancelSecure(): Promise<void>
  /** @returns whether no secure session runs, once that is so. */
  secureOver(): Promise<boolean>
}

const RING_MS = 60
/** Retries of an offer that crossed another (RFC 3261 section 14.1). */
const TRIES = 40

/** What every end does, unless a race says otherwise. */
export function behave(leg: RaceLeg, more: (request: SipRequest) => boolean = () => false): void {
  leg.onRequest = (request) => {
    if (more(request)) return
    const { method } = request
    if (method === 'INVITE' && request === leg.invite) return
    if (method === 'CANCEL') {
      leg.respond(request, 200)
      if (leg.invite !== undefined && !leg.isOver) leg.respond(leg.invite, 487)
      leg.isOver = true
      return
    }
    if (method === 'BYE') leg.isOver = true
    const offers = method === 'INVITE' || sdpOf(request) !== undefined
    leg.respond(request, 200, { sdp: offers })
  }
}

/** The agent's end rings, and answers a little later unless the call is over by then. */
function answersAfter(ms: number, ring = true) {
  return (leg: RaceLeg, invite: SipRequest) => {
    behave(leg)
    if (ring) leg.respond(invite, 180)
    setTimeout(() => {
      if (!leg.isOver) leg.respond(invite, 200, { sdp: true })
    }, ms)
  }
}

async function bridged(race: Race): Promise<boolean> {
  race.onAgent = answersAfter(race.dice(RING_MS))
  const { status } = await race.caller.call(race.number, race.user)
  if (status !== 200) race.flaws.push(`an ordinary call got ${status}`)
  return status === 200
}

/** Says an offer until it is taken; 491 and 500 say that another one was underway. */
async function insists(race: Race, leg: RaceLeg, direction: string, method = 'INVITE'): Promise<void> {
  for (let tries = 0; tries < TRIES && !leg.isOver; tries++) {
    const status = await leg.ask(method, { body: leg.sdp(direction) })
    if (status === 200 || leg.isOver) return
    // The server's BYE is on its way.
    if (status === 481 && (await holds(() => leg.isOver, 5000))) return
    if (status !== 491 && status !== 500) {
      race.flaws.push(`an offer got ${status}`)
      return
    }
    await pause(100 + race.dice(300))
  }
  if (!leg.isOver) race.flaws.push('an offer was never taken')
}

const DIRECTIONS = ['sendrecv', 'sendonly', 'inactive', 'recvonly']

/** Offers of both ends at once, two of one end too; then both want to hear each other. */
async function offersCross(race: Race): Promise<void> {
  const { dice, caller } = race
  const agent = race.agent()
  if (agent === undefined) return
  const offer = async (leg: RaceLeg) => {
    await pause(dice(12))
    await insists(race, leg, DIRECTIONS[dice(4)] ?? 'sendrecv', dice(3) === 0 ? 'UPDATE' : 'INVITE')
  }
  await Promise.all([offer(caller), offer(agent), offer(dice(2) === 0 ? caller : agent)])
  await Promise.all([insists(race, caller, 'sendrecv'), insists(race, agent, 'sendrecv')])
}

async function hangUp(leg: RaceLeg): Promise<void> {
  leg.isOver = true
  await leg.ask('BYE')
}

export const PLAYS: Readonly<Record<string, (race: Race) => Promise<void>>> = {
  'CANCEL and 200': async (race) => {
    const { dice, caller } = race
    const atMs = 20 + dice(40)
    race.onAgent = answersAfter(atMs, dice(4) > 0)
    const calling = caller.call(race.number, race.user)
    await holds(() => race.agent() !== undefined, 5000)
    await pause(Math.max(0, atMs + dice(17) - 8))
    const [{ status: cancelled }, { status }] = await Promise.all([caller.cancel(), calling])
    if (cancelled !== 200 && cancelled !== 481) race.flaws.push(`CANCEL got ${cancelled}`)
    if (status === 200) await hangUp(caller)
    else if (status === 487) caller.isOver = true
    else race.flaws.push(`a cancelled call got ${status}`)
  },
  'offers that cross': async (race) => {
    if (await bridged(race)) await offersCross(race)
  },
  'offers during isolation': async (race) => {
    if (!(await bridged(race))) return
    const { dice, caller } = race
    const agent = race.agent()
    const work = async () => {
      await pause(dice(600))
      await race.secure()
      await pause(200 + dice(1500))
      await race.cancelSecure()
    }
    const offer = async (leg: RaceLeg | undefined) => {
      for (let turn = 0; turn < 3; turn++) {
        await pause(dice(900))
        if (leg === undefined || leg.isOver) return
        // One that would change the stream is put off while it runs (491), so nobody insists.
        await leg.ask(dice(3) === 0 ? 'UPDATE' : 'INVITE', { body: leg.sdp(DIRECTIONS[dice(4)]) })
      }
    }
    // Both talk on, so that it shows who hears whom.
    const talking = setInterval(() => {
      caller.speak()
      agent?.speak()
    }, 60)
    await Promise.all([work(), offer(caller), offer(agent)])
    await race.cancelSecure()
    const isOver = await race.secureOver()
    clearInterval(talking)
    if (!isOver) race.flaws.push('a secure session does not end')
    if (agent === undefined) return
    await Promise.all([insists(race, caller, 'sendrecv'), insists(race, agent, 'sendrecv')])
  },
  'BYE at every change of state': async (race) => {
    const { dice, caller } = race
    race.onAgent = answersAfter(dice(RING_MS), dice(2) === 0)
    const when = dice(5)
    // Before its ACK, and so before our BYE may go.
    if (when === 0) caller.lostAcks = 1 + dice(2)
    const { status } = await caller.call(race.number, race.user)
    if (status !== 200) return void race.flaws.push(`an ordinary call got ${status}`)
    const agent = race.agent()
    if (agent === undefined) return
    const doing =
      when === 1
        ? race.secure()
        : when === 2
          ? offersCross(race)
          : when === 3
            ? secureAndBack(race)
            : Promise.resolve(true)
    await pause(dice(when === 3 ? 900 : 120))
    const who = dice(5)
    await Promise.all([
      ...(who < 3 ? [hangUp(caller)] : []),
      ...(who > 1 ? [pause(dice(6)).then(() => (agent.isOver ? undefined : hangUp(agent)))] : []),
      doing,
    ])
  },
  'lost ACK': async (race) => {
    race.caller.lostAcks = race.dice(8) === 0 ? Number.POSITIVE_INFINITY : 1 + race.dice(4)
    const isForGood = race.caller.lostAcks === Number.POSITIVE_INFINITY
    if (!(await bridged(race))) return
    const agent = race.agent()
    if (!isForGood) await holds(() => race.caller.lostAcks === 0, 20_000)
    else if (!(await holds(() => race.caller.isOver && agent?.isOver === true, 45_000)))
      race.flaws.push('a call without its ACK goes on')
  },
  'forked 200': async (race) => {
    const { dice } = race
    let isForkOver = false
    race.onAgent = (leg, invite) => {
      const other = `${leg.tag}fork`
      // Whichever came first has the call; where the first was lost on its way that is the second.
      behave(leg, (request) => {
        if (request.method !== 'BYE' || isForkOver) return false
        isForkOver = true
        leg.respond(request, 200)
        if (tagIn(request) === leg.tag) leg.tag = other
        return true
      })
      leg.respond(invite, 180)
      leg.respond(invite, 180, { tag: other })
      const { tag } = leg
      setTimeout(() => leg.respond(invite, 200, { sdp: true, tag }), dice(RING_MS))
      setTimeout(() => leg.respond(invite, 200, { sdp: true, tag: other }), dice(RING_MS + 40))
    }
    const { status } = await race.caller.call(race.number, race.user)
    if (status !== 200) race.flaws.push(`a forked call got ${status}`)
    if (!(await holds(() => isForkOver, 10_000))) race.flaws.push('the fork that came too late was not ended')
  },
  'lost PRACK of the caller': async (race) => {
    const { dice, caller } = race
    const isForGood = dice(8) === 0
    caller.onProvisional = (response) => {
      const rseq = headerOf(response, 'rseq')
      if (rseq === undefined || isForGood) return
      setTimeout(() => void caller.ask('PRACK', { headers: [['RAck', `${rseq} 1 INVITE`]] }), dice(1500))
    }
    race.onAgent = (leg, invite) => {
      behave(leg)
      leg.respond(invite, 183, { sdp: true })
      setTimeout(() => {
        if (!leg.isOver) leg.respond(invite, 200, { sdp: true })
      }, dice(1500))
    }
    const { status } = await caller.call(race.number, race.user, [['Require', '100rel']])
    // One that never comes ends the call after 32 s (RFC 3262 section 3), if the agent's silence has not ended it before.
    const isRight = isForGood ? status === 504 || status === 487 : status === 200
    if (!isRight) race.flaws.push(`PRACK ${isForGood ? 'never' : 'late'}: the call got ${status}`)
    if (status !== 200) caller.isOver = true
  },
  'lost PRACK of the server': async (race) => {
    const { dice } = race
    let losses = dice(3)
    race.onAgent = (leg, invite) => {
      let isAcknowledged = false
      behave(leg, (request) => {
        if (request.method !== 'PRACK') return false
        losses -= 1
        if (losses >= 0) leg.lose(request)
        else {
          isAcknowledged = true
          leg.respond(request, 200)
        }
        return true
      })
      const reliable = [['Require', '100rel'] as const, ['RSeq', '7'] as const]
      const say = () => {
        if (isAcknowledged || leg.isOver) return
        leg.respond(invite, 183, { sdp: true, headers: reliable })
        setTimeout(say, 500)
      }
      say()
      setTimeout(() => {
        if (!leg.isOver) leg.respond(invite, 200, { sdp: true })
      }, dice(2500))
    }
    const { status } = await race.caller.call(race.number, race.user)
    if (status !== 200) race.flaws.push(`the call got ${status}`)
  },
}

async function secureAndBack(race: Race): Promise<void> {
  await race.secure()
  await pause(race.dice(500))
  await race.cancelSecure()
}
