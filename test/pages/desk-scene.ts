/** One server, one browser, a phone, and agents at their desks, for the stories of the desk. */

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core'
import type { Test } from 'tap'
import type { Phone } from '../../src/demo/phone.ts'
import { axeFinds, type Person, picture, startBrowser } from '../peers/browser.ts'
import { testCard } from '../peers/cards.ts'
import { type Sotto, startSotto } from '../peers/sotto.ts'
import { dial, type Session, type Talk } from '../peers/talk.ts'
import { startValidationPeer, type ValidationPeer } from '../peers/validation-peer.ts'
import { atDesk, hireAgents } from './desk-people.ts'
import { type HostPage, startHostPage } from './host-page.ts'
import { type Administration, administrationOf, askAt, NO_SECOND_FACTOR, UNHURRIED } from './people.ts'

/** What every caller keys: nobody's card, and in no list of published ones. */
export const CARD = testCard(417).number

export type Desks = {
  readonly sotto: Sotto
  readonly validation: ValidationPeer
  readonly admin: Administration
  /** For requests without a page. */
  readonly cookies: { readonly amy: string; readonly ben: string }
  readonly browser: Browser
  /** Amy's. */
  readonly phone: Phone
  /** Everybody who was at a desk. */
  readonly people: readonly Person[]
  /** A page of another origin that may have the desk within it. */
  readonly host: HostPage
  desk(name: string, options?: BrowserContextOptions): Promise<Person>
  /** Somebody who is there without a desk of ours. */
  add(person: Person): void
  /** A caller whom Amy talks to. */
  call(user?: string): Promise<Talk>
  switchFeature(to: 'on' | 'off'): Promise<unknown>
}

/** @param http lines of the configuration, of `http`. */
export async function startDesks(t: Test, http: readonly string[] = []): Promise<Desks> {
  const validation = await startValidationPeer()
  t.teardown(() => validation.close())
  const host = await startHostPage(t)
  const sotto = await startSotto(t, {
    validationUrl: `https://127.0.0.1:${validation.port}/`,
    caText: validation.authority,
    secureInput: UNHURRIED,
    routes: ['{ from: phones, number: "100", to: { phone: agent } }'],
    more: `${NO_SECOND_FACTOR}media: { processes: 1 }`,
    // A reference is no part of the strict form.
    environment: { SOTTO_SECURE_INPUT_VALIDATION_REPLY: 'lenient' },
    http: [`embedders: ["${host.origin}"]`, ...http],
  })
  const admin = administrationOf(askAt(sotto.server.base), sotto.server.token)
  const cookies = await hireAgents(admin)
  const browser = await startBrowser(t, ['--autoplay-policy=no-user-gesture-required'])
  const phone = await sotto.agent()
  const people: Person[] = []
  return {
    ...{ sotto, validation, admin, cookies, browser, phone, people, host },
    add: (person) => void people.push(person),
    desk: async (name, options) => {
      const person = await atDesk(browser, sotto, name, options)
      people.push(person)
      return person
    },
    call: async (user) => {
      const caller = await sotto.caller(user === undefined ? {} : { user })
      return dial(sotto, caller, phone, '100', sotto.events.length)
    },
    switchFeature: (to) => {
      const file = join(sotto.folder, 'sotto.yaml')
      const text = readFileSync(file, 'utf8').replace(/^ {2}enabled: .*\n/m, '')
      writeFileSync(file, to === 'on' ? text : text.replace(/^secureInput:\n/m, '$&  enabled: false\n'))
      return sotto.server.request('POST', '/api/v1/config/reload')
    },
  }
}

/** Held against WCAG, and kept as a picture. */
export async function looksRight(t: Test, page: Page, what: string): Promise<void> {
  t.strictSame(await axeFinds(page), [], `axe: ${what}`)
  for (const frame of page.frames().slice(1)) t.strictSame(await axeFinds(frame), [], `axe: ${what}, in the frame`)
  await picture(page, `desk-${what}`)
}

/** The session that a page has started. */
export async function started(talking: Talk, from: number): Promise<Session> {
  const { sotto } = talking
  return talking.session(await sotto.event(({ type }) => type === 'secure.requested', 'the session', 20_000, from))
}

export function button(page: Page, name: string | RegExp): Locator {
  return page.getByRole('button', { name, exact: typeof name === 'string' })
}

export function heading(page: Page, name: string | RegExp): Locator {
  return page.getByRole('heading', { name })
}

export async function hangUp(talking: Talk): Promise<void> {
  await talking.caller.signalling.hangUp()
  await talking.over()
}
