/**
 * Takes down what a secure session's audit record will say, where it happens: it stands between the session and its call, hears its vault
 * (`audit-ear.ts`), and reads the media process's counters at the four moments that matter.
 *
 * | Moment | Read | Says afterwards |
 * |---|---|---|
 * | the cut is done | agent's port | what it is sent from now on; that it is not the caller |
 * | the socket has left | caller's port | what media reads of it from now on: nothing |
 * | before the socket comes back, or a fresh one | caller's port | |
 * | before the join, or the end | agent's port | |
 *
 * Commands to a media process keep their order, so each count stands exactly between what came before it and what comes after. Numbers that
 * nobody could give are left out of the record, never made up.
 */

import { type AuditFacts, type AuditTrail, type SinkState, VAULT_STATES_MAX } from '../audit/contract.ts'
import type { Clock } from '../base/clock.ts'
import { fault } from '../base/fault.ts'
import type { Milliseconds } from '../base/units.ts'
import type { PortStats } from '../media/contract.ts'
import type { VaultCounts } from '../vault/contract.ts'
import type { VaultPool } from '../vault/pool.ts'
import { heardPool, type VaultStage } from './audit-ear.ts'
import { writeFacts } from './audit-facts.ts'
import type { Side } from './pair.ts'
import { type RejoinQuality, type RejoinWatch, type RejoinWorld, type Repair, watchRejoin } from './rejoin-watch.ts'
import { stepSecure } from './secure.ts'
import type { SecureRecord } from './secure-record.ts'
import type { SecureState } from './secure-states.ts'
import type { SecureWorld } from './secure-world.ts'

/** A phone that sends all the time sends more, of packets of 60 ms as well; one that suppresses silence less, for some words and a card number. */
const STEADY_PER_SECOND = 15

/** A count as media gave it; undefined when it could not. */
export type Count = { readonly ms: Milliseconds; readonly stats: Promise<PortStats | undefined> }

type StateEntered = {
  readonly at: SecureState['at'] | VaultStage
  readonly field?: number
  readonly ms: Milliseconds
}

export type AuditNotes = {
  readonly states: StateEntered[]
  /** States that the record has no room for. */
  statesLeftOut: number
  sinks: readonly SinkState[]
  firstPromptMs?: Milliseconds
  agentFrom?: Count
  agentTo?: Count
  callerFrom?: Count
  callerTo?: Count
  vaultCounts?: VaultCounts
  vaultProcessId?: number
  wipe?: AuditFacts['wipe']
  joinMs?: Milliseconds
  /** The caller came back through a fresh port. */
  renewed: boolean
  callEnded: boolean
}

export type SessionAuditOptions = {
  readonly sessionId: string
  readonly callId: string
  readonly trail: AuditTrail
  readonly clock: Clock
  /** What the facts' times count from. */
  readonly requestedMs: Milliseconds
  readonly sinks: readonly SinkState[]
  readonly world: SecureWorld
  readonly vaultPool: Pick<VaultPool, 'begin'>
  readonly rejoin: RejoinWorld
  readonly mediaProcessId: number | undefined
  readonly attestationOf: (processId: number) => AuditFacts['attestation']
  readonly onOneWay: (side: Side, repair: Repair) => void
  /** The closing is on the disk. */
  readonly onClosed: (record: number, quality: RejoinQuality | undefined) => void
  readonly onBug: (thrown: unknown) => void
}

export type SessionAudit = {
  /** The call's side, watched. */
  readonly world: SecureWorld
  /** The vaults, listened to. */
  readonly vaultPool: Pick<VaultPool, 'begin'>
  /** The session's machine, watched. */
  readonly step: typeof stepSecure
  /** The session is over; the record is closed once the rejoin has been watched. */
  concluded(record: SecureRecord): void
  /** The call has ended, or is to be parted again. May be called twice. */
  leave(): void
}

export function auditSession(options: SessionAuditOptions): SessionAudit {
  const { clock, world, rejoin, requestedMs } = options
  const notes: AuditNotes = { states: [], statesLeftOut: 0, sinks: options.sinks, renewed: false, callEnded: false }
  let watch: RejoinWatch | undefined
  let left = false

  const now = (): Milliseconds => Math.max(0, Math.round(clock.now() - requestedMs))
  const enter = (at: StateEntered['at'], field?: number) => {
    const last = notes.states.at(-1)
    if (last?.at !== at || last.field !== field)
      notes.states.push({ at, ms: now(), ...(field === undefined ? {} : { field }) })
  }
  const count = (side: Side): Count => ({ ms: now(), stats: rejoin.stats(side).catch(() => undefined) })

  const watched: SecureWorld = {
    ...world,
    async cut() {
      await world.cut()
      const agent = await rejoin.stats('agent')
      // The media process has taken the cut and still joins: it is not to be believed in anything.
      if (agent.source === 'port') throw fault('secure.sink-not-off', { callId: options.callId, reason: 'agent-leg' })
      notes.agentFrom = { ms: now(), stats: Promise.resolve(agent) }
      notes.sinks = [{ name: 'agent-leg', state: 'off', by: 'media', ms: now() }, ...notes.sinks]
    },
    async release() {
      const socket = await world.release()
      notes.callerFrom = count('caller')
      return socket
    },
    adopt(socket) {
      notes.callerTo ??= count('caller')
      return world.adopt(socket)
    },
    renew() {
      notes.callerTo ??= count('caller')
      notes.renewed = true
      return world.renew()
    },
    join() {
      notes.agentTo = count('agent')
      notes.joinMs = now()
      return world.join()
    },
    mediaFailed() {
      notes.callEnded = true
      world.mediaFailed()
    },
    released(ending) {
      notes.agentTo ??= count('agent')
      notes.callerTo ??= count('caller')
      notes.callEnded = true
      world.released(ending)
    },
  }

  const quality = async (): Promise<RejoinQuality | undefined> => {
    if (notes.joinMs === undefined || notes.callEnded) return undefined
    const talked = await whoTalked(notes)
    watch = watchRejoin({ clock, world: rejoin, talked, guarded: notes.renewed, onOneWay: options.onOneWay })
    if (left) watch.stop()
    return watch.done
  }
  const close = async (record: SecureRecord, durationMs: Milliseconds) => {
    const seen = await quality()
    const attestation = notes.vaultProcessId === undefined ? undefined : options.attestationOf(notes.vaultProcessId)
    const { mediaProcessId, sessionId, callId, trail } = options
    const given = { notes, record, quality: seen, requestedMs, durationMs, mediaProcessId, attestation }
    const facts = await writeFacts(given)
    options.onClosed(await trail.close({ kind: 'closed', sessionId, callId, ending: 'ended', facts }), seen)
  }

  return {
    world: watched,
    vaultPool: heardPool(options.vaultPool, {
      handedTo(processId) {
        notes.vaultProcessId = processId
      },
      began() {
        notes.firstPromptMs ??= now()
      },
      stage(at, field) {
        // A caller may go through so many that they are no record's business any more; the machine's own states are few.
        if (notes.states.length < VAULT_STATES_MAX) enter(at, field)
        else notes.statesLeftOut++
      },
      wiped(by) {
        if (notes.vaultProcessId !== undefined) notes.wipe ??= { by, processId: notes.vaultProcessId, ms: now() }
      },
      returned(counts) {
        if (counts !== undefined) notes.vaultCounts ??= counts
      },
    }),
    step(state, event) {
      const next = stepSecure(state, event)
      enter(next[0].at)
      return next
    },
    concluded(record) {
      close(record, now()).catch(options.onBug)
    },
    leave() {
      left = true
      watch?.stop()
    },
  }
}

/** Who sent packets all the time while the session ran: of him sound is due after it, and not of a phone that suppresses silence. */
async function whoTalked(notes: AuditNotes): Promise<Record<Side, boolean>> {
  const { agentFrom, agentTo, callerFrom, callerTo, vaultCounts } = notes
  const [from, to, before] = await Promise.all([agentFrom?.stats, agentTo?.stats, callerFrom?.stats])
  return {
    agent: isSteady((to?.packetsReceived ?? 0) - (from?.packetsReceived ?? 0), agentFrom, agentTo),
    // Of a vault that died nothing is known but whether its caller was heard before.
    caller:
      vaultCounts === undefined
        ? (before?.packetsReceived ?? 0) > 0
        : isSteady(vaultCounts.received, callerFrom, callerTo),
  }
}

function isSteady(packets: number, from: Count | undefined, to: Count | undefined): boolean {
  return packets > 0 && packets * 1000 >= STEADY_PER_SECOND * ((to?.ms ?? 0) - (from?.ms ?? 0))
}
