/** The `audit` room as a double: it keeps what it is given in memory, and can be told to fail. Every body is checked against its shape. */

import { type AuditBody, type AuditTrail, anAuditBody, type Closing } from '../../src/audit/contract.ts'
import { fault } from '../../src/base/fault.ts'

export class FakeTrail implements AuditTrail {
  readonly bodies: AuditBody[] = []
  /** Called before anything is kept, such as to let something happen meanwhile. */
  before: () => Promise<void> = async () => undefined
  available = true
  /** `open` fails though it seemed available. */
  fails = false
  readonly publicKey = ''

  async open(opening: Parameters<AuditTrail['open']>[0]): Promise<number> {
    await this.before()
    if (this.fails) throw fault('audit.not-writable')
    return this.#keep(opening)
  }

  async close(closing: Closing): Promise<number> {
    return this.#keep(closing)
  }

  recordsOf(): [] {
    return []
  }

  /** The closing of the session that was closed last. */
  get closing(): Closing {
    const last = this.bodies.at(-1)
    if (last?.kind !== 'closed') throw new Error('no session was closed')
    return last
  }

  #keep(body: AuditBody): number {
    if (!anAuditBody(body)) throw new Error(`outside its shape: ${JSON.stringify(body)}`)
    return this.bodies.push(body)
  }
}
