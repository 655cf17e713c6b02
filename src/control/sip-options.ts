/** What the sip room is told of the configuration. */

import type { Config } from '../base/config.ts'
import type { RandomBytes } from '../base/ids.ts'
import { accounts } from './accounts.ts'
import { sipResolver, sipTargets, sipTrunks } from './sip-trunks.ts'

const NONCE_KEY_OCTETS = 32

export function sipOptions(config: Config, random: RandomBytes) {
  const { sip } = config
  return {
    listeners: sip.listeners,
    trunks: sipTrunks(config),
    targets: sipTargets(config),
    phones: {
      realm: sip.realm,
      accountOf: accounts(config),
      nonceKey: random(NONCE_KEY_OCTETS),
      algorithms: sip.digestAlgorithms,
      nonceLifeMs: sip.nonceSeconds * 1000,
      lockout: { failures: sip.lockOut.failures, lockMs: sip.lockOut.seconds * 1000 },
      limits: sip.registration,
    },
    resolver: sipResolver(config),
    failOver: { patienceMs: sip.failOver.patienceSeconds * 1000, setAsideMs: sip.failOver.setAsideSeconds * 1000 },
    connections: sip.connections,
    flood: {
      perAddress: sip.limits.answersPerSecond,
      burst: sip.limits.burst,
      total: sip.limits.totalPerSecond,
    },
    pendingPerSource: sip.limits.pending,
    productName: sip.userAgent,
    ...(sip.announcedAddress === undefined ? {} : { announcedAddress: sip.announcedAddress }),
  }
}
