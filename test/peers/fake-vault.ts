/** The `vault` room as a double: what the vault says is a method of the session, what it is told is in the journal. */

import { fault } from '../../src/base/fault.ts'
import type { UdpHandle } from '../../src/base/udp-handle.ts'
import type { Order, Outcome, StopReason, VaultCounts } from '../../src/vault/contract.ts'
import type { CallerNews, VaultPool, VaultSession } from '../../src/vault/pool.ts'

type Begin = Parameters<VaultPool['begin']>[0]

export class FakeVaultSession {
  readonly begin: Begin
  readonly orders: Order[] = []
  readonly stops: { readonly reason: StopReason; readonly giveBack: boolean }[] = []
  /** What it was told of the caller. */
  readonly news: CallerNews[] = []
  counts: VaultCounts = { received: 0, sent: 0, presses: { event: 0, tone: 0, info: 0 } }
  readonly #vault: FakeVault
  readonly #back: UdpHandle

  constructor(vault: FakeVault, begin: Begin, back: UdpHandle) {
    this.#vault = vault
    this.begin = begin
    this.#back = back
  }

  get events(): Begin['events'] {
    return this.begin.events
  }

  began(): void {
    this.#vault.journal.push('vault began')
    this.events.onBegan()
  }

  wiped(outcome: Outcome): void {
    this.#vault.journal.push('vault wiped')
    this.events.onWiped(outcome)
  }

  /** The last word. @param socket false when it was not to be given back. */
  returned(socket = true): void {
    this.#vault.journal.push('vault returned')
    if (!socket) this.#back.close()
    this.events.onReturned(socket ? { ticket: this.begin.ticket, handle: this.#back } : undefined, this.counts)
  }

  /** The process dies, and the socket with it. */
  lost(): void {
    this.#vault.journal.push('vault lost')
    this.#back.close()
    this.events.onLost()
  }
}

export class FakeVault implements Pick<VaultPool, 'begin' | 'available'> {
  readonly journal: string[]
  readonly sessions: FakeVaultSession[] = []
  available = true
  /** `begin` throws, and the handle stays with its owner. */
  refuses = false
  readonly #handle: () => UdpHandle

  /** @param handle makes the socket that the vault will give back. */
  constructor(journal: string[], handle: () => UdpHandle) {
    this.journal = journal
    this.#handle = handle
  }

  begin(begin: Begin): VaultSession {
    if (this.refuses) throw fault('vault.not-available')
    this.journal.push('vault begin')
    begin.handle.close()
    const session = new FakeVaultSession(this, begin, this.#handle())
    this.sessions.push(session)
    return {
      processId: 5001,
      stop: (reason, giveBack) => {
        this.journal.push(`vault stop ${reason} ${giveBack ? 'give-back' : 'keep'}`)
        session.stops.push({ reason, giveBack })
      },
      tell: (news) => session.news.push(news),
      order: (order) => {
        this.journal.push(`vault order ${order.what}`)
        session.orders.push(order)
      },
    }
  }

  /** The session that began last. */
  get last(): FakeVaultSession {
    const session = this.sessions.at(-1)
    if (session === undefined) throw new Error('no session has begun')
    return session
  }
}
