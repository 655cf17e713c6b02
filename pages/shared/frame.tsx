/** What stands around every page: brand, ways to the other pages, language, colours, who is logged in, and whether the server is there. */

import type { ComponentChildren } from 'preact'
import { useEffect } from 'preact/hooks'
import type { Api } from './api.ts'
import { chooseLanguage, language } from './language.ts'
import { isLanguage, LANGUAGES, type Language } from './language-names.ts'
import { SCHEMES, scheme } from './scheme.ts'
import { logOut, type Me } from './session.ts'
import { shared } from './shared-words.ts'

type FrameProps = {
  /** Where this is. */
  readonly at: 'door' | 'first' | 'desk' | 'supervisor' | 'admin'
  readonly me?: Me
  readonly api?: Api
  /** False while the event stream is broken. */
  readonly isOnLine?: boolean
  /** Those that the page has. */
  readonly languages?: readonly Language[]
  readonly children: ComponentChildren
}

const EVERY_LANGUAGE = Object.keys(LANGUAGES).filter(isLanguage)

export function Frame({ at, me, api, isOnLine = true, languages = EVERY_LANGUAGE, children }: FrameProps) {
  const words = shared.value
  const spoken = languages.includes(language.value) ? language.value : 'en'
  useEffect(() => {
    document.documentElement.lang = spoken
  }, [spoken])
  return (
    <div class="frame">
      <button type="button" class="skip" onClick={toContent}>
        {words.skip}
      </button>
      <header>
        <a class="brand" href="/">
          Sotto
        </a>
        {me && (
          <nav aria-label={words.pages}>
            {waysOf(me).map((way) => (
              <a key={way} href={`/${way}/`} aria-current={way === at ? 'page' : undefined}>
                {words[way]}
              </a>
            ))}
          </nav>
        )}
        <div class="tools">
          {languages.length > 1 && (
            <select
              aria-label={words.language}
              value={language.value}
              onChange={({ currentTarget: { value } }) => isLanguage(value) && chooseLanguage(value)}
            >
              {languages.map((each) => (
                <option key={each} value={each}>
                  {LANGUAGES[each]}
                </option>
              ))}
            </select>
          )}
          <select
            aria-label={words.scheme}
            value={scheme.value}
            onChange={({ currentTarget: { value } }) => {
              scheme.value = SCHEMES.find((each) => each === value) ?? 'system'
            }}
          >
            {SCHEMES.map((each) => (
              <option key={each} value={each}>
                {words.schemes[each]}
              </option>
            ))}
          </select>
          {me && api && (
            <>
              <span class="quiet">{words.loggedInAs(me.name)}</span>
              <button type="button" onClick={() => void logOut(api)}>
                {words.logOut}
              </button>
            </>
          )}
        </div>
      </header>
      <main id="content" tabIndex={-1}>
        <div role="status">{!isOnLine && <p class="notice warn">{words.offLine}</p>}</div>
        {children}
      </main>
    </div>
  )
}

/** Pages that somebody's role has, the one he is likeliest to want first. */
export function waysOf({ role }: Pick<Me, 'role'>): readonly ('desk' | 'supervisor' | 'admin')[] {
  if (role === 'administrator') return ['admin', 'supervisor', 'desk']
  return role === 'supervisor' ? ['supervisor', 'desk'] : ['desk']
}

/** By a button: the fragment of the address is the place within a page. */
function toContent(): void {
  document.getElementById('content')?.focus()
}
