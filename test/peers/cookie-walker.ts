/** What a browser does with cookies, for tests that follow redirects between two servers: kept by origin and with SameSite, and each request tells its site. */

import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'

type Cookie = { readonly name: string; readonly value: string; readonly sameSite: string }

export type Page = {
  readonly url: URL
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly text: string
}

export type Walker = {
  /** Goes to an address as somebody who types it, and along every redirect and refresh. */
  go(address: string): Promise<Page>
  /** As `go`, and stops before an address that begins with this. @returns that address. */
  goUntil(address: string, before: string): Promise<string>
  /** As a link or a redirect of another site leads there. @param cookie sent instead of what is kept. */
  comeFromElsewhere(address: string, cookie?: string): Promise<Page>
  /** As a script of a page of this origin does. */
  ask(method: string, address: string, body?: object): Promise<Page>
  cookies(origin: string): readonly string[]
  /** Drops every cookie of an origin. */
  forget(origin: string): void
  /** What stands in the Cookie header for an origin. */
  held(origin: string): string
}

const ELSEWHERE = 'https://elsewhere.example'
const MOST_STEPS = 20
const REFRESH = /http-equiv="refresh" content="0;url=([^"]*)"/

/** @param authority PEM of those whom it trusts. */
export function openWalker(authority: string): Walker {
  const jar = new Map<string, Cookie[]>()

  /** @param from origin of the page that leads there; undefined when it was typed. */
  const load = async (address: string, from: string | undefined, more: object = {}, method = 'GET', body?: object) => {
    const url = new URL(address)
    const isSame = from === undefined || from === url.origin
    const held = (jar.get(url.origin) ?? []).filter(
      ({ sameSite }) => isSame || sameSite === 'None' || (sameSite !== 'Strict' && method === 'GET'),
    )
    const headers: Record<string, string> = {
      accept: 'text/html',
      'sec-fetch-site': from === undefined ? 'none' : isSame ? 'same-origin' : 'cross-site',
      ...(held.length === 0 ? {} : { cookie: headerOf(held) }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...more,
    }
    const page = await fetched(url, { method, headers, ca: authority }, body)
    for (const line of page.headers['set-cookie'] ?? []) keep(url.origin, line)
    return page
  }
  const keep = (origin: string, line: string) => {
    const [pair = '', ...rest] = line.split(';').map((part) => part.trim())
    const at = pair.indexOf('=')
    const [name, value] = [pair.slice(0, at), pair.slice(at + 1)]
    const sameSite = /samesite=(\w+)/i.exec(line)?.[1] ?? 'Lax'
    const isOver = rest.some((part) => /^max-age=0$/i.test(part) || /^expires=thu, 01 jan 1970/i.test(part))
    const others = (jar.get(origin) ?? []).filter((cookie) => cookie.name !== name)
    const normal = sameSite.charAt(0).toUpperCase() + sameSite.slice(1).toLowerCase()
    jar.set(origin, isOver ? others : [...others, { name, value, sameSite: normal }])
  }
  const walk = async (address: string, begin: string | undefined, before?: string): Promise<Page | string> => {
    let [next, from] = [address, begin]
    for (let step = 0; step < MOST_STEPS; step += 1) {
      if (before !== undefined && next.startsWith(before)) return next
      const page = await load(next, from)
      const onward = page.headers.location ?? REFRESH.exec(page.text)?.[1]
      if (onward === undefined) return page
      const to = new URL(onward.replaceAll('&#38;', '&'), page.url)
      // A refresh comes from its page; a redirect from whoever began, or from another site that was on the way.
      if (page.headers.location === undefined || to.origin !== page.url.origin) from = page.url.origin
      next = to.href
    }
    throw new Error(`no end of it: ${next}`)
  }
  return {
    go: async (address) => (await walk(address, undefined)) as Page,
    async goUntil(address, before) {
      const end = await walk(address, undefined, before)
      if (typeof end !== 'string') throw new Error(`it ended at ${end.url.href}: ${end.text}`)
      return end
    },
    async comeFromElsewhere(address, cookie) {
      if (cookie !== undefined) return load(address, ELSEWHERE, { cookie })
      return (await walk(address, ELSEWHERE)) as Page
    },
    ask: (method, address, body) =>
      load(address, new URL(address).origin, { accept: 'application/json', 'sotto-request': '1' }, method, body),
    cookies: (origin) => (jar.get(origin) ?? []).map(({ name, sameSite }) => `${name} ${sameSite}`),
    forget: (origin) => void jar.delete(origin),
    held: (origin) => headerOf(jar.get(origin) ?? []),
  }
}

function headerOf(cookies: readonly Cookie[]): string {
  return cookies.map(({ name, value }) => `${name}=${value}`).join('; ')
}

function fetched(url: URL, options: object, body: object | undefined): Promise<Page> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { ...options, agent: false }, (response) => {
      let text = ''
      response.on('data', (chunk) => {
        text += chunk
      })
      response.on('end', () => resolve({ url, status: response.statusCode ?? 0, headers: response.headers, text }))
    })
    asked.on('error', reject)
    asked.end(body === undefined ? undefined : JSON.stringify(body))
  })
}
