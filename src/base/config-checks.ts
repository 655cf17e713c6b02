/**
 * What a schema cannot say: keys that depend on each other. Each check gives the key to look at and what to do; none reads a file or
 * opens a socket.
 */

import { BlockList, isIP } from 'node:net'
import { checkAddresses, checkPorts } from './config-address-checks.ts'
import type { Config } from './config-schema.ts'
import { checkTls } from './config-tls-checks.ts'
import { checkTrunks } from './config-trunk-checks.ts'
import { checkUris } from './config-uri-checks.ts'
import { isNetwork } from './networks.ts'
import { plainAddress } from './source-address.ts'

export type CheckFinding = {
  readonly path: readonly (string | number)[]
  readonly says: string
  readonly advice: string
}
type Report = (path: readonly (string | number)[], says: string, advice: string) => void

/** Passwords that anybody can read: of the sample accounts, and of the example file. */
export const SAMPLE_PASSWORDS: readonly string[] = ['alice-on-loopback', 'bob-on-loopback', 'change-me-please']
/** Bearer tokens that anybody can read, likewise. */
export const SAMPLE_TOKENS: readonly string[] = ['token-on-loopback', 'change-me-to-something-long']

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

/** @returns whether only this machine reaches an address. */
export function isLoopback(address: string): boolean {
  const family = isIP(address)
  return family !== 0 && loopback.check(address, family === 4 ? 'ipv4' : 'ipv6')
}

/** @returns what is wrong between keys; the tree already fits the schema. */
export function checkConfig(config: Config): CheckFinding[] {
  const findings: CheckFinding[] = []
  const report: Report = (path, says, advice) => findings.push({ path, says, advice })
  for (const check of [
    checkAddresses,
    checkPorts,
    checkNames,
    checkPhones,
    checkGroups,
    checkRoutes,
    checkEmergency,
    checkValidation,
    checkLatches,
    checkSrtp,
    checkTls,
    checkTrunks,
    checkUris,
    checkSamples,
    checkSignOn,
    checkRecording,
  ]) {
    check(config, report)
  }
  return findings
}

function checkNames(config: Config, report: Report): void {
  const lists = [
    ['phones', 'account', config.phones.map((row) => row.account)],
    ['workgroups', 'name', config.workgroups.map((row) => row.name)],
    ['trunks', 'name', config.trunks.map((row) => row.name)],
  ] as const
  for (const [list, key, names] of lists) {
    for (const at of repeats(names))
      report([list, at, key], 'This name is taken by an earlier one.', 'Give each a name of its own.')
  }
  for (const at of repeats(config.http.tokens.map((row) => row.name))) {
    report(['http', 'tokens', at, 'name'], 'This name is taken by an earlier one.', 'Give each a name of its own.')
  }
  for (const [at, { name }] of config.trunks.entries()) {
    if (name === 'phones')
      report(['trunks', at, 'name'], 'A trunk cannot be called "phones".', 'Choose another name; routes use this word.')
  }
  const owners = config.trunks.flatMap(({ addresses }, trunk) =>
    addresses.map((address, at) => ({ trunk, at, address: plainAddress(address) })),
  )
  for (const index of repeats(owners.map((row) => row.address))) {
    const owner = owners[index]
    if (owner === undefined) continue
    const advice = 'Put each address into one trunk: a trunk is known by it.'
    report(['trunks', owner.trunk, 'addresses', owner.at], 'Another trunk has this address.', advice)
  }
}

function checkPhones({ phones }: Config, report: Report): void {
  for (const [at, phone] of phones.entries()) {
    const hashed = phone.ha1Sha256 !== undefined || phone.ha1Md5 !== undefined
    if (phone.password === undefined && !hashed) {
      report(['phones', at], 'The phone has neither a password nor hashes.', 'Set password, or ha1Sha256 and ha1Md5.')
    } else if (phone.password !== undefined && hashed) {
      report(['phones', at], 'The phone has a password and hashes.', 'Keep one of them.')
    }
  }
}

function checkGroups({ workgroups, phones }: Config, report: Report): void {
  const accounts = new Set(phones.map((row) => row.account))
  for (const [group, { phones: members }] of workgroups.entries()) {
    for (const [at, account] of members.entries()) {
      const path = ['workgroups', group, 'phones', at]
      if (!accounts.has(account)) report(path, 'No phone has this account.', 'Add it to phones, or correct the name.')
    }
    for (const at of repeats(members))
      report(['workgroups', group, 'phones', at], 'The phone is in the group twice.', 'Remove one.')
  }
}

function checkRoutes({ routes, phones, workgroups, trunks }: Config, report: Report): void {
  for (const [at, { from, to }] of routes.entries()) {
    if (from !== undefined && from !== 'phones' && !trunks.some((row) => row.name === from)) {
      report(['routes', at, 'from'], 'No trunk has this name.', 'Write the name of a trunk, or "phones".')
    }
    if (Object.keys(to).length !== 1) {
      report(
        ['routes', at, 'to'],
        'The route must lead to exactly one place.',
        'Set one of phone, workgroup, uri and trunk.',
      )
    }
    if (to.phone !== undefined && !phones.some((row) => row.account === to.phone)) {
      report(['routes', at, 'to', 'phone'], 'No phone has this account.', 'Add it to phones, or correct the name.')
    }
    if (to.workgroup !== undefined && !workgroups.some((row) => row.name === to.workgroup)) {
      report(
        ['routes', at, 'to', 'workgroup'],
        'No workgroup has this name.',
        'Add it to workgroups, or correct the name.',
      )
    }
    if (to.trunk === undefined) continue
    const trunk = trunks.find((row) => row.name === to.trunk)
    const path = ['routes', at, 'to', 'trunk']
    if (trunk === undefined) report(path, 'No trunk has this name.', 'Add it to trunks, or correct the name.')
    else if (trunk.outbound === undefined) report(path, 'This trunk takes no calls.', 'Set outbound.uri of the trunk.')
    else if (trunk.allowDestinations.length === 0) {
      report(
        path,
        'This trunk allows no destination.',
        'List the numbers that may be called in allowDestinations of the trunk.',
      )
    }
  }
}

function checkEmergency({ emergency, trunks }: Config, report: Report): void {
  const { numbers, trunk, fromTrunks } = emergency
  const found = trunks.find(({ name }) => name === trunk)
  if (trunk !== undefined && found?.outbound === undefined) {
    report(['emergency', 'trunk'], 'No trunk of this name takes calls.', 'Write the name of a trunk with outbound.uri.')
  }
  if (numbers.length > 0 && trunk === undefined) {
    report(['emergency', 'numbers'], 'There are emergency numbers, and no trunk for them.', 'Set emergency.trunk.')
  }
  for (const [at, name] of fromTrunks.entries()) {
    const advice = 'Add it to trunks, or correct the name.'
    if (!trunks.some((row) => row.name === name))
      report(['emergency', 'fromTrunks', at], 'No trunk has this name.', advice)
  }
}

function checkValidation({ secureInput }: Config, report: Report): void {
  const { url, allowHosts, clientCertFile, clientKeyFile, format, publicKeyFile, retry, retries } =
    secureInput.validation
  const path = ['secureInput', 'validation']
  const host = URL.parse(url)?.hostname.replace(/^\[(.*)\]$/, '$1')
  if (host === undefined || host === '') report([...path, 'url'], 'This is not a URL.', 'Write https://host/path.')
  else if (allowHosts.length > 0 && !allowHosts.includes(host)) {
    report([...path, 'url'], 'The host of the URL is not in allowHosts.', 'Add it there, or correct the URL.')
  }
  if ((clientCertFile === undefined) !== (clientKeyFile === undefined)) {
    report(
      path,
      'A client certificate needs its key, and a key its certificate.',
      'Set both clientCertFile and clientKeyFile.',
    )
  }
  if (format === 'sealed' && publicKeyFile === undefined) {
    report([...path, 'format'], 'A sealed request needs the key of the back end.', 'Set publicKeyFile.')
  }
  if (format !== 'sealed' && publicKeyFile !== undefined) {
    const advice = 'Set format to sealed, or remove publicKeyFile: nothing is encrypted to it now.'
    report([...path, 'publicKeyFile'], 'There is a key to seal with, but nothing is sealed.', advice)
  }
  if (retry === 'idempotent' && retries === 0) {
    report([...path, 'retries'], 'It is to be tried again, and not once.', 'Write 1 or more, or set retry to never.')
  }
}

/** A list of networks says who may be learnt: it has to name some, and somebody has to learn from it. */
function checkLatches({ media, trunks }: Config, report: Report): void {
  const places = [
    { path: ['media'], latch: media.latch, networks: media.latchNetworks },
    ...trunks.map(({ latch = media.latch, latchNetworks }, at) => ({
      path: ['trunks', at],
      latch,
      networks: latchNetworks,
    })),
  ]
  for (const { path, latch, networks } of places) {
    for (const [at, network] of networks.entries()) {
      if (isNetwork(network)) continue
      report([...path, 'latchNetworks', at], 'This is not a network.', 'Write it like 203.0.113.0/24 or 2001:db8::/32.')
    }
    if (latch !== 'first' && networks.length > 0) {
      report(
        [...path, 'latchNetworks'],
        `With "${latch}" nobody is learnt from a network.`,
        'Remove them, or set latch to first.',
      )
    }
  }
}

/** Nobody could start a secure session in a call that can never be encrypted. */
function checkSrtp({ trunks, secureInput }: Config, report: Report): void {
  if (!secureInput.enabled || secureInput.srtp !== 'required') return
  for (const [at, { srtp }] of trunks.entries()) {
    if (srtp !== 'off') continue
    const advice = 'Set srtp of the trunk to required or preferred, or secureInput.srtp to any.'
    report(['trunks', at, 'srtp'], 'Secure sessions need SRTP, and this trunk has none.', advice)
  }
}

/** What stands in the source for everybody to read must not be reachable from other machines. */
function checkSamples({ sip, phones, http }: Config, report: Report): void {
  const open = sip.listeners.findIndex((row) => !isLoopback(row.address))
  const announced = sip.announcedAddress !== undefined && !isLoopback(sip.announcedAddress)
  for (const [at, { password }] of phones.entries()) {
    if ((open === -1 && !announced) || password === undefined) continue
    if (SAMPLE_PASSWORDS.some((sample) => password.matches(sample))) {
      const path = open === -1 ? ['sip', 'announcedAddress'] : ['sip', 'listeners', open, 'address']
      report(
        path,
        `The sample account in phones[${at}] would be open to other machines.`,
        'Set phones of your own first.',
      )
    }
  }
  if (isLoopback(http.address)) return
  for (const [at, { token }] of http.tokens.entries()) {
    if (SAMPLE_TOKENS.some((sample) => token.matches(sample))) {
      report(
        ['http', 'address'],
        `The sample token in http.tokens[${at}] would be open to other machines.`,
        'Set http.tokens of your own.',
      )
    }
  }
}

/** A browser that comes back from the provider under a name that the door does not know would be sent away. */
function checkSignOn({ people, http }: Config, report: Report): void {
  const url = URL.parse(people.openidConnect?.publicUrl ?? '')
  if (url === null) return
  const name = url.hostname.replace(/^\[(.*)\]$/, '$1')
  if (isIP(name) !== 0 || name === 'localhost' || http.hosts.some((host) => host.toLowerCase() === name)) return
  const path = ['people', 'openidConnect', 'publicUrl']
  report(path, 'This server does not answer under that name.', 'Write it into http.hosts too, or correct it.')
}

function checkRecording({ recording }: Config, report: Report): void {
  if (recording.calls === 'none' || recording.certificates.length > 0) return
  const advice = 'Name a certificate file; docs/RECORDINGS.md says how one is made.'
  report(['recording', 'certificates'], 'Calls are to be recorded, and there is nobody to seal them to.', advice)
}

/** @returns the places of values that stand earlier too. */
function repeats(values: readonly string[]): number[] {
  return values.flatMap((value, at) => (values.indexOf(value) < at ? [at] : []))
}
