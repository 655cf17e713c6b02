/**
 * One vault process as control sees it: is it alive, and which sessions are in it. A process that says nothing for a second is killed;
 * whatever it held is gone with it, and every session learns that at once.
 */

import { type Channel, openChannel } from '../base/channel.ts'
import type { Clock, Timer } from '../base/clock.ts'
import { wipeKeys } from '../base/srtp-suites.ts'
import type { UdpHandle } from '../base/udp-handle.ts'
import type { CodecName, Milliseconds } from '../base/units.ts'
import type { VaultChild } from './client.ts'
import { aVaultCommand, aVaultEvent, type Protections, type VaultCommand, type VaultEvent } from './contract.ts'
import type { VaultPool, VaultSession, VaultSessionEvents } from './pool.ts'

export type VaultProcessOptions = {
  readonly child: VaultChild
  readonly clock: Clock
  readonly promptsFolder: string
  readonly codecs: readonly CodecName[]
  /** From the fork to its first word at the latest. */
  readonly startMs: Milliseconds
  onReady(protections: Protections): void
  onPromptsMissing(): void
  /** It has its prompts anew. */
  onPromptsReloaded(): void
  onBad(): void
  /** Called once. @param stalled it was killed for its silence. @param sessions how many were in it. */
  onGone(stalled: boolean, sessions: number): void
}

type BeginOptions = Parameters<VaultPool['begin']>[0]

const PING_MS: Milliseconds = 200
/** With one beat more until it is noticed, a process that stops is ended within a second. */
const SILENCE_MS: Milliseconds = 780
/** A beat of ours that is this late says that we were held up, not the vault. */
const OWN_STALL_MS: Milliseconds = 500
const EXIT_MS: Milliseconds = 1000

export class VaultProcess {
  readonly #options: VaultProcessOptions
  readonly #channel: Channel<VaultCommand>
  readonly #sessions = new Map<string, VaultSessionEvents>()
  /** Session of each begin that has not been answered yet. */
  readonly #beginning = new Map<number, string>()
  readonly #started = Promise.withResolvers<boolean>()
  readonly #gone = Promise.withResolvers<void>()
  #timer: Timer
  #nextId = 0
  #configureId = -1
  #protections: Protections | undefined
  #publicKey: Uint8Array | undefined
  #configured = false
  #heardMs: Milliseconds
  #beatMs: Milliseconds
  #stalled = false
  #ended = false

  constructor(options: VaultProcessOptions) {
    const { child, clock } = options
    this.#options = options
    this.#heardMs = clock.now()
    this.#beatMs = this.#heardMs
    this.#channel = openChannel<VaultEvent, VaultCommand>({
      endpoint: child,
      incoming: aVaultEvent,
      outgoing: aVaultCommand,
      onMessage: (event, handle) => this.#hear(event, handle),
      onBad: () => options.onBad(),
      // Its memory may outlive its line: nobody is told before it is dead.
      onClosed: () => child.kill('SIGKILL'),
    })
    child.on('exit', () => this.#end())
    child.on('error', () => this.#end())
    this.#timer = clock.after(PING_MS, () => this.#beat())
  }

  get processId(): number {
    return this.#options.child.pid ?? 0
  }

  get sessions(): number {
    return this.#sessions.size
  }

  /** It runs, has its prompts, and would take a session. */
  get ready(): boolean {
    return this.#configured && !this.#ended
  }

  /** What keys are sealed to that only this process may read; undefined until it runs, and when it is gone. */
  get publicKey(): Uint8Array | undefined {
    return this.#ended ? undefined : this.#publicKey
  }

  get protections(): Protections | undefined {
    return this.#protections
  }

  /** True once it is ready; false when it ended before. */
  get started(): Promise<boolean> {
    return this.#started.promise
  }

  /** Has the prompts loaded, for the first time or anew. */
  configure(): void {
    this.#configureId = this.#nextId++
    const { promptsFolder, codecs } = this.#options
    this.#send({ do: 'configure', id: this.#configureId, promptsFolder, codecs: [...codecs] })
  }

  /** Moves a socket into the process and begins a session. */
  begin({ sessionId, ticket, handle, plan, events }: BeginOptions): VaultSession {
    const id = this.#nextId++
    this.#sessions.set(sessionId, events)
    this.#beginning.set(id, sessionId)
    this.#channel.send({ do: 'begin', id, sessionId, ticket, plan }, handle, (arrived) => {
      handle.close()
      wipeKeys(ticket.stream.srtp)
      if (!arrived) this.#lose(sessionId)
    })
    return {
      processId: this.processId,
      stop: (reason, giveBack) => {
        if (!this.#sessions.has(sessionId)) return
        this.#send({ do: 'stop', id: this.#nextId++, sessionId, reason, giveBack })
      },
      tell: (news) => {
        if (!this.#sessions.has(sessionId)) return
        const sealed = news.type === 'key' ? news.sealed.get(this.processId) : undefined
        if (sealed !== undefined) this.#send({ do: 'key', id: this.#nextId++, sessionId, sealed })
        if (news.type !== 'moved') return
        const { type: _, ...place } = news
        this.#send({ do: 'move', id: this.#nextId++, sessionId, ...place })
      },
      order: (order) => {
        if (this.#sessions.has(sessionId)) this.#send({ do: 'order', id: this.#nextId++, sessionId, order })
      },
    }
  }

  /** Has it wipe and exit; kills it when it does not. Resolves once it is gone. */
  async close(): Promise<void> {
    if (!this.#ended) {
      this.#send({ do: 'exit', id: this.#nextId++ })
      const limit = this.#options.clock.after(EXIT_MS, () => this.#options.child.kill('SIGKILL'))
      await this.#gone.promise
      limit.cancel()
    }
  }

  #send(command: VaultCommand): void {
    if (!this.#ended) this.#channel.send(command)
  }

  #beat(): void {
    const { clock, startMs, child } = this.#options
    const nowMs = clock.now()
    if (nowMs - this.#beatMs > PING_MS + OWN_STALL_MS) this.#heardMs = nowMs
    this.#beatMs = nowMs
    this.#timer = clock.after(PING_MS, () => this.#beat())
    if (nowMs - this.#heardMs >= (this.#configured ? SILENCE_MS : startMs)) {
      this.#stalled = true
      child.kill('SIGKILL')
      // The kernel ends it in its own time; it runs no more from here, and nobody waits for the notice.
      this.#end()
      return
    }
    this.#send({ do: 'ping', id: this.#nextId++ })
  }

  #end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#timer.cancel()
    this.#channel.close()
    const lost = this.#sessions.size
    for (const sessionId of [...this.#sessions.keys()]) this.#lose(sessionId)
    this.#started.resolve(false)
    this.#gone.resolve()
    this.#options.onGone(this.#stalled, lost)
  }

  #lose(sessionId: string): void {
    const events = this.#sessions.get(sessionId)
    this.#sessions.delete(sessionId)
    events?.onLost()
  }

  #hear(event: VaultEvent, handle: UdpHandle | undefined): void {
    this.#heardMs = this.#options.clock.now()
    if (event.type !== 'returned') handle?.close()
    switch (event.type) {
      case 'ready':
        this.#protections = event.protections
        this.#publicKey = event.publicKey
        this.configure()
        return
      case 'done':
        this.#beginning.delete(event.id)
        if (event.id === this.#configureId) this.#becomeReady()
        return
      case 'failed':
        this.#onFailed(event.id)
        return
      case 'returned':
        this.#onReturned(event, handle)
        return
      default:
        tellSession(this.#sessions.get(event.sessionId), event)
    }
  }

  #becomeReady(): void {
    const first = !this.#configured
    this.#configured = true
    this.#started.resolve(true)
    if (!first) this.#options.onPromptsReloaded()
    else if (this.#protections !== undefined) this.#options.onReady(this.#protections)
  }

  /**
   * A begin that failed, for a session or transaction it knows already: the socket is closed there. Without prompts a vault still takes
   * sessions, and ends each with a reason: a caller is given back, never stranded.
   */
  #onFailed(id: number): void {
    const sessionId = this.#beginning.get(id)
    this.#beginning.delete(id)
    if (sessionId !== undefined) this.#lose(sessionId)
    if (id !== this.#configureId) return
    this.#options.onPromptsMissing()
    if (!this.#configured) this.#becomeReady()
  }

  #onReturned(event: Extract<VaultEvent, { type: 'returned' }>, handle: UdpHandle | undefined): void {
    const { sessionId, ticket, counts } = event
    const events = this.#sessions.get(sessionId)
    this.#sessions.delete(sessionId)
    if (events === undefined || ticket === undefined || handle === undefined) {
      handle?.close()
      events?.onReturned(undefined, counts)
      return
    }
    events.onReturned({ ticket, handle }, counts)
  }
}

type Heard = Exclude<VaultEvent, { type: 'ready' | 'done' | 'failed' | 'returned' }>

function tellSession(events: VaultSessionEvents | undefined, event: Heard): void {
  switch (event.type) {
    case 'began':
      events?.onBegan()
      return
    case 'asking':
      events?.onAsking(event.field, event.attempt, event.attempts)
      return
    case 'progress':
      events?.onProgress(event.field, event.keys)
      return
    case 'refused':
      events?.onRefused(event.field, event.why)
      return
    case 'taken':
      events?.onTaken(event.field)
      return
    case 'submitting':
      events?.onSubmitting(event.submission)
      return
    case 'confirming':
      events?.onConfirming(event.field)
      return
    case 'more-time':
      events?.onMoreTime(event.field, event.left)
      return
    case 'answered':
      events?.onAnswered(event.outcome)
      return
    case 'waiting-for-agent':
      events?.onWaitingForAgent(event.ms)
      return
    case 'wiped':
      events?.onWiped(event.outcome)
  }
}
