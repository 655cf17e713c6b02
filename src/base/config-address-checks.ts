/** What belongs together in the settings of addresses and ports; `config-checks.ts` has the rest. */

import { isIP } from 'node:net'
import type { Config } from './config-schema.ts'
import { isNetwork } from './networks.ts'

type Report = (path: readonly (string | number)[], says: string, advice: string) => void

/** Addresses are numeric, and where Sotto listens everywhere it says where it is reached. */
export function checkAddresses(config: Config, report: Report): void {
  const numeric: [readonly (string | number)[], string | undefined][] = [
    ...config.sip.listeners.map(
      ({ address }, at) => [['sip', 'listeners', at, 'address'], address] as [string[], string],
    ),
    ...config.sip.listeners.map(
      ({ announcedAddress }, at) =>
        [['sip', 'listeners', at, 'announcedAddress'], announcedAddress] as [string[], string | undefined],
    ),
    [['sip', 'announcedAddress'], config.sip.announcedAddress],
    [['media', 'address'], config.media.address],
    [['media', 'announcedAddress'], config.media.announcedAddress],
    [['http', 'address'], config.http.address],
    ...config.trunks.flatMap(({ addresses }, trunk) =>
      addresses.map((address, at) => [['trunks', trunk, 'addresses', at], address] as [(string | number)[], string]),
    ),
  ]
  for (const [path, address] of numeric) {
    if (address !== undefined && isIP(address) === 0)
      report(path, 'This is not an address.', 'Write a numeric IPv4 or IPv6 address.')
  }
  for (const key of ['sip', 'http'] as const) {
    for (const [at, network] of config[key].proxies.entries()) {
      if (!isNetwork(network))
        report([key, 'proxies', at], 'This is not a network.', 'Write it like 203.0.113.0/24 or 2001:db8::/32.')
    }
  }
  const all = (address: string) => address === '0.0.0.0' || /^[0:]+$/.test(address)
  const { sip, media } = config
  for (const [at, { address, announcedAddress = sip.announcedAddress }] of sip.listeners.entries()) {
    if (all(address) && announcedAddress === undefined) {
      report(
        ['sip', 'listeners', at, 'address'],
        'Listening on all addresses, but none is announced.',
        'Set announcedAddress of the listener, or sip.announcedAddress.',
      )
    }
  }
  if (all(media.address) && media.announcedAddress === undefined) {
    report(
      ['media', 'address'],
      'Media is bound to all addresses, but none is announced.',
      'Set media.announcedAddress.',
    )
  }
  if (media.announcedAddress !== undefined && isIP(media.announcedAddress) !== isIP(media.address)) {
    const says = 'The announced address is of another family than media.address.'
    report(['media', 'announcedAddress'], says, 'Write both as IPv4 or both as IPv6.')
  }
  for (const key of ['sip', 'media'] as const) {
    const announced = config[key].announcedAddress
    if (announced !== undefined && all(announced)) {
      report(
        [key, 'announcedAddress'],
        'Nobody can reach this address.',
        'Write the address that others reach this machine at.',
      )
    }
  }
}

/** No two things want the same port, and there are enough for media. */
export function checkPorts({ sip, media, http }: Config, report: Report): void {
  const { portMin, portMax } = media
  if (portMin % 2 !== 0)
    report(['media', 'portMin'], 'The first RTP port is odd.', 'Write an even port (RFC 3550 section 11).')
  if (portMax < portMin + 7) {
    report(['media', 'portMax'], 'The port range is too small.', 'Leave at least 8 ports: a call takes four.')
  }
  const seen = new Set<string>()
  for (const [at, { transport, address, port }] of sip.listeners.entries()) {
    const path = ['sip', 'listeners', at, 'port']
    if (transport === 'udp' && port >= portMin && port <= portMax) {
      report(
        path,
        'This port lies in the range of the media ports.',
        'Move it, or change media.portMin and media.portMax.',
      )
    }
    const isStream = transport !== 'udp'
    const key = `${isStream ? 'stream' : 'udp'} ${address} ${port}`
    if (port !== 0 && seen.has(key))
      report(path, 'Two listeners have the same address and port.', 'Remove one of them.')
    seen.add(key)
    if (isStream && port !== 0 && port === http.port && address === http.address) {
      report(['http', 'port'], 'HTTP and SIP have the same address and port.', 'Change one of them.')
    }
  }
  const { minSeconds, defaultSeconds, maxSeconds } = sip.registration
  if (minSeconds > defaultSeconds || defaultSeconds > maxSeconds) {
    const says = 'The shortest, usual and longest interval are not in order.'
    report(['sip', 'registration', 'defaultSeconds'], says, 'Write minSeconds <= defaultSeconds <= maxSeconds.')
  }
}
