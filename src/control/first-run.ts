/** What the terminal and the page of the first run say of this server: where the link leads, and how a first call is made. */

import type { Config } from '../base/config.ts'
import { isLoopback, SAMPLE_PASSWORDS, SAMPLE_TOKENS } from '../base/config-checks.ts'

type Tokens = Config['http']['tokens']
const DIALLABLE = /^[+\d]+$/
type Listener = { readonly transport: string; readonly address: string; readonly port: number }

/** Whether there is a token that is not the one that anybody can read in the source. */
export function hasOwnToken(tokens: Tokens): boolean {
  return tokens.some(({ token }) => !SAMPLE_TOKENS.some((sample) => token.matches(sample)))
}

/**
 * The secret stands behind the #, which a browser sends nobody: it gets into no log and no Referer.
 * @returns the link as whoever reads the terminal can open it.
 */
export function firstLink({ address, hosts, tls }: Config['http'], port: number, secret: string): string {
  const own = address === '0.0.0.0' || address === '::' ? '127.0.0.1' : address
  const host = tls !== undefined && !isLoopback(address) ? (hosts[0] ?? own) : own
  return `http${tls === undefined ? '' : 's'}://${host.includes(':') ? `[${host}]` : host}:${port}/first/#${secret}`
}

/** @param config as it counts, with the dial plan of the directory. @returns what a first secure call needs. */
export function firstGuide(config: Config, sip: readonly Listener[], validates: boolean) {
  return {
    sip: sip.map(({ transport, address, port }) => ({ transport, address, port })),
    phones: config.phones.slice(0, 2).map(({ account, displayName, password }) => {
      const sample = SAMPLE_PASSWORDS.find((each) => password?.matches(each) === true)
      // What a keypad can dial goes first.
      const numbers = config.routes
        .filter(({ to }) => to.phone === account)
        .map(({ number }) => number)
        .toSorted((one, other) => Number(DIALLABLE.test(other)) - Number(DIALLABLE.test(one)))
      return { account, displayName, numbers, ...(sample === undefined ? {} : { password: sample }) }
    }),
    featureCode: config.secureInput.featureCode,
    validates,
  }
}
