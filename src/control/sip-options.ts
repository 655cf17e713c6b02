/** What the sip room is told of the configuration: at its start, and of what may change while it runs. */

import type { Config } from '../base/config.ts'
import type { RandomBytes } from '../base/ids.ts'
import { accounts } from './accounts.ts'
import { sipTargets, sipTrunks } from './sip-trunks.ts'

const NONCE_KEY_OCTETS = 32

/** @returns what it is made with. */
export function sipOptions(config: Config, random: RandomBytes) {
  const { sip } = config
  const settings = sipSettings(config)
  return {
    ...settings,
    listeners: sip.listeners.map((each) => ({ ...each, proxies: sip.proxies })),
    phones: { ...settings.phones, realm: sip.realm, nonceKey: random(NONCE_KEY_OCTETS), proxies: sip.proxies },
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

/** @returns what a reload tells it. */
export function sipSettings(config: Config) {
  const { sip } = config
  return {
    trunks: sipTrunks(config),
    targets: sipTargets(config),
    phones: {
      accountOf: accounts(config),
      algorithms: sip.digestAlgorithms,
      nonceLifeMs: sip.nonceSeconds * 1000,
      lockout: { failures: sip.lockOut.failures, lockMs: sip.lockOut.seconds * 1000 },
      limits: sip.registration,
    },
    failOver: { patienceMs: sip.failOver.patienceSeconds * 1000, setAsideMs: sip.failOver.setAsideSeconds * 1000 },
  }
}
