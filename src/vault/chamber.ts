/**
 * All sessions of one vault process, and its line to control: commands in, events out. Wiping comes before everything on every way
 * out, also when control is gone.
 */

import { type Channel, type Endpoint, openChannel } from '../base/channel.ts'
import type { Clock } from '../base/clock.ts'
import { wipeKeys } from '../base/srtp-suites.ts'
import type { UdpHandle } from '../base/udp-handle.ts'
import type { CodecName } from '../base/units.ts'
import { Beat } from './beat.ts'
import type { CallerSockets } from './caller-sockets.ts'
import { aVaultCommand, aVaultEvent, type Protections, type VaultCommand, type VaultEvent } from './contract.ts'
import { KeyBox } from './key-box.ts'
import { Line } from './line.ts'
import { loadPrompts, NO_PROMPTS, type Prompts } from './prompts.ts'
import { Session } from './session.ts'
import { codeSoftNoise } from './voice.ts'

export type ChamberOptions = {
  readonly endpoint: Endpoint
  readonly clock: Clock
  /** Milliseconds of the Unix epoch. */
  readonly wallClock: () => number
  readonly protections: Protections
  readonly sockets: CallerSockets
  /** Ends the process; everything is wiped. */
  exit(): void
}

/** Transactions remembered, so that none is submitted twice by one process. */
const TRANSACTIONS_KNOWN = 4096

export class Chamber {
  readonly #options: ChamberOptions
  readonly #channel: Channel<VaultEvent>
  readonly #beat: Beat
  readonly #sessions = new Map<string, Session>()
  readonly #transactions = new Set<string>()
  readonly #keyBox = new KeyBox()
  #prompts: Prompts = NO_PROMPTS
  #closed = false

  constructor(options: ChamberOptions) {
    this.#options = options
    this.#beat = new Beat(options.clock, options.sockets)
    this.#channel = openChannel<VaultCommand, VaultEvent>({
      endpoint: options.endpoint,
      incoming: aVaultCommand,
      outgoing: aVaultEvent,
      onMessage: (command, handle) => this.#obey(command, handle),
      onBad: () => undefined,
      onClosed: () => this.close(),
    })
    this.#channel.send({ type: 'ready', protections: options.protections, publicKey: this.#keyBox.publicKey })
  }

  /** Wipes every session and ends the process. May be called twice. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    for (const session of this.#sessions.values()) session.wipe()
    this.#keyBox.close()
    this.#channel.close()
    this.#options.exit()
  }

  #obey(command: VaultCommand, handle: UdpHandle | undefined): void {
    if (command.do !== 'begin') handle?.close()
    switch (command.do) {
      case 'configure':
        this.#configure(command.id, command.promptsFolder, command.codecs)
        return
      case 'begin':
        this.#begin(command, handle)
        return
      case 'stop':
        this.#sessions.get(command.sessionId)?.stop(command.reason, command.giveBack)
        this.#done(command.id)
        return
      case 'key':
        this.#sessions.get(command.sessionId)?.key(this.#keyBox.open(command.sealed))
        this.#done(command.id)
        return
      case 'move':
        this.#sessions.get(command.sessionId)?.move(command)
        this.#done(command.id)
        return
      case 'order':
        this.#sessions.get(command.sessionId)?.order(command.order)
        this.#done(command.id)
        return
      case 'ping':
        this.#done(command.id)
        return
      case 'exit':
        this.#done(command.id)
        this.close()
    }
  }

  #configure(id: number, folder: string, codecs: readonly CodecName[]): void {
    codeSoftNoise(codecs)
    loadPrompts(folder, codecs).then(
      (prompts) => {
        this.#prompts = prompts
        if (prompts.locales.length > 0) this.#done(id)
        else this.#channel.send({ type: 'failed', id, fault: 'vault.prompts-missing' })
      },
      () => this.#channel.send({ type: 'failed', id, fault: 'vault.prompts-missing' }),
    )
  }

  #begin(command: Extract<VaultCommand, { do: 'begin' }>, handle: UdpHandle | undefined): void {
    const { id, sessionId, ticket, plan } = command
    const known = this.#sessions.has(sessionId) || this.#transactions.has(plan.transactionId)
    const stateless = ticket.stream.srtp !== undefined && ticket.srtp === undefined
    if (handle === undefined || known || stateless) {
      handle?.close()
      wipeKeys(ticket.stream.srtp)
      this.#channel.send({ type: 'failed', id, fault: 'vault.not-available' })
      return
    }
    this.#remember(plan.transactionId)
    const { clock, wallClock, sockets } = this.#options
    const session = new Session({
      sessionId,
      ticket,
      handle,
      plan,
      prompts: this.#prompts,
      beat: this.#beat,
      clock,
      wallClock,
      openLine: (line) => new Line(line, sockets),
      tell: (event, socket, sent) => this.#channel.send(event, socket, sent),
      onOver: () => this.#sessions.delete(sessionId),
    })
    this.#sessions.set(sessionId, session)
    this.#done(id)
    session.open()
    // The caller's far end is waiting: the first packet does not wait for a beat.
    sockets.send()
  }

  #remember(transactionId: string): void {
    this.#transactions.add(transactionId)
    if (this.#transactions.size <= TRANSACTIONS_KNOWN) return
    for (const oldest of this.#transactions) {
      this.#transactions.delete(oldest)
      return
    }
  }

  #done(id: number): void {
    this.#channel.send({ type: 'done', id })
  }
}
