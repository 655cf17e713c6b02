/**
 * Who may speak SIP over WebSocket (RFC 7118 section 4, RFC 6455 sections 4.2 and 10.2). Pure. What is common to all WebSockets, key, version and
 * upgrade, is checked by `ws`.
 *
 * A browser says of which page it opens a connection, and no page can keep it from that. So a foreign page that somebody looks at on the
 * agent's machine is refused here, before it can try anything in the agent's place. That a page comes from the host it connects to proves
 * nothing, since whoever makes it also names that host (DNS rebinding): the list of the configuration alone counts. Who is no browser says
 * nothing, or what it likes; such a client is held off by its password, as over TCP.
 */

import type { IncomingMessage } from 'node:http'

/** The subprotocol (RFC 7118 section 3). */
export const SUBPROTOCOL = 'sip'

export type WsTerms = {
  /** Origins of pages that may connect: scheme, host and port, as browsers write them (RFC 6454 section 6.2). */
  readonly origins: readonly string[]
  /** What becomes of who names no page. */
  readonly withoutOrigin: 'accept' | 'refuse'
}

/** What counts of a request to upgrade. */
export type Upgrade = {
  readonly hosts: number
  readonly origins: readonly string[]
  readonly protocols: readonly string[]
  /** Octets came before our answer (RFC 6455 section 4.1 forbids it). */
  readonly isEarly: boolean
}

export type UpgradeRefusal = {
  readonly status: 400 | 403
  /** Name of a counter, too. */
  readonly why: 'ws-foreign-origin' | 'ws-no-origin' | 'ws-no-subprotocol' | 'ws-bad-upgrade'
}

/** @returns what counts of a request. */
export function readUpgrade({ rawHeaders }: Pick<IncomingMessage, 'rawHeaders'>, head: Buffer): Upgrade {
  const valuesOf = (name: string) =>
    rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === name)
  return {
    hosts: valuesOf('host').length,
    origins: valuesOf('origin'),
    protocols: valuesOf('sec-websocket-protocol').flatMap((value) => value.split(',').map((each) => each.trim())),
    isEarly: head.length > 0,
  }
}

/** @returns why it is refused; undefined when it may come in. */
export function judgeUpgrade(upgrade: Upgrade, terms: WsTerms): UpgradeRefusal | undefined {
  const { hosts, origins, protocols, isEarly } = upgrade
  if (hosts !== 1 || origins.length > 1 || isEarly) return { status: 400, why: 'ws-bad-upgrade' }
  const origin = origins[0]
  if (origin === undefined) {
    if (terms.withoutOrigin === 'refuse') return { status: 403, why: 'ws-no-origin' }
  } else if (!terms.origins.some((each) => originOf(each) === originOf(origin))) {
    return { status: 403, why: 'ws-foreign-origin' }
  }
  return protocols.includes(SUBPROTOCOL) ? undefined : { status: 400, why: 'ws-no-subprotocol' }
}

/** An origin in the one form that compares: lower case, without the scheme's own port. What is none, such as `null`, stays as it is. */
function originOf(text: string): string {
  const url = URL.parse(text)
  return url === null || url.origin === 'null' ? text : url.origin
}
