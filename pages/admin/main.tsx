/** The administration: a menu of sections, each loaded when it is shown first. */

import { render } from 'preact'
import { lazy, Suspense } from 'preact/compat'
import '../shared/base.css'
import './admin.css'
import { Frame } from '../shared/frame.tsx'
import { addressOf, place } from '../shared/place.ts'
import { createPageApi, whoIsThere } from '../shared/session.ts'
import { shared } from '../shared/shared-words.ts'
import { LeaveDialog } from './leave.tsx'
import { isOnLine, openLive } from './live.ts'
import { Said } from './said.tsx'
import { SECTIONS } from './sections.ts'

const api = createPageApi()
const me = await whoIsThere(api)
const sections = SECTIONS.filter(({ scope }) => me.scopes.includes(scope)).map((section) => ({
  ...section,
  View: lazy(async () => ({ default: await section.load() })),
}))

if (sections.length > 0) openLive(api)

function Administration() {
  const [name, ...rest] = place.value
  const shown = sections.find((section) => section.name === name) ?? sections[0]
  return (
    <Frame at="admin" me={me} api={api} isOnLine={isOnLine.value} languages={['en']}>
      <div class="administration" lang="en">
        {sections.length > 0 && (
          <nav aria-label="Sections">
            <ul>
              {sections.map((section) => (
                <li key={section.name}>
                  <a href={addressOf(section.name)} aria-current={section === shown ? 'page' : undefined}>
                    {section.title}
                  </a>
                </li>
              ))}
            </ul>
          </nav>
        )}
        <div class="stack">
          <Said />
          {shown === undefined ? (
            <>
              <h1>{shared.value.admin}</h1>
              <p class="notice warn">Your role has nothing to administer.</p>
            </>
          ) : (
            <Suspense fallback={<p role="status">{shared.value.loading}</p>}>
              <shown.View key={shown.name} api={api} me={me} rest={rest} />
            </Suspense>
          )}
        </div>
        <LeaveDialog />
      </div>
    </Frame>
  )
}

render(<Administration />, document.getElementById('page') as HTMLElement)
