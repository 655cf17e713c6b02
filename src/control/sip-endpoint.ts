/** The SIP endpoint of this server, by its configuration: what it is told, and what becomes of what it tells. */

import type { Clock } from '../base/clock.ts'
import type { Config } from '../base/config.ts'
import type { RandomBytes } from '../base/ids.ts'
import type { Log } from '../base/log.ts'
import type { Milliseconds } from '../base/units.ts'
import { isEmergency } from '../call/index.ts'
import { createSip, type SipEndpoint, type SipEvents, type SipOptions, type TrunkEvent } from '../sip/index.ts'
import { hostAddresses } from './host-addresses.ts'
import { logSipEntry } from './sip-log.ts'
import { sipOptions } from './sip-options.ts'
import type { sipResolver } from './sip-resolver.ts'
import { logTrunkEvent } from './trunk-log.ts'

/** Of a phone: how many contacts it has now. */
export type PhoneEvent = {
  readonly type: 'phone.changed'
  readonly atMs: Milliseconds
  readonly account: string
  readonly contacts: number
}
export type SipChange = TrunkEvent | PhoneEvent

type Parts = {
  readonly clock: Clock
  readonly random: RandomBytes
  readonly log: Log
  readonly certificates: NonNullable<SipOptions['tls']>
  readonly resolver: ReturnType<typeof sipResolver>
  readonly keySlip: SipOptions['keySlip']
  /** As it counts just now. */
  readonly config: () => Config
  readonly isBusy: () => boolean
  readonly onIncoming: SipEvents['onIncoming']
  readonly onText: SipEvents['onText']
  readonly watching: NonNullable<SipOptions['watching']>
  /** Gets what becomes of trunks and phones. */
  readonly onChange: (event: SipChange) => void
}

export function sipEndpointOf(config: Config, parts: Parts): SipEndpoint {
  const { clock, random, log, onIncoming, onChange } = parts
  return createSip({
    ...sipOptions(config, random),
    tls: parts.certificates,
    resolver: parts.resolver,
    clock,
    random,
    onTrunk: (event) => {
      logTrunkEvent(log, event)
      onChange(event)
    },
    hostAddresses: hostAddresses(),
    isBusy: parts.isBusy,
    watching: parts.watching,
    isUrgent: (dialled, origin) => isEmergency(parts.config(), origin, dialled),
    keySlip: config.secureInput.info === 'accept' ? parts.keySlip : undefined,
    events: {
      onIncoming,
      onText: config.sip.messages === 'pass' ? parts.onText : undefined,
      onRegistrationChanged: (account, contacts) => {
        log.info('sip.registered', { account, contacts })
        onChange({ type: 'phone.changed', atMs: clock.now(), account, contacts })
      },
    },
    log: (entry) => logSipEntry(log, entry),
    onDefect: (thrown) => log.fault(thrown),
  })
}
