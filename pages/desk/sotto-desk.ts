/**
 * The desk as an element of somebody else's page: `<sotto-desk server token language scheme>`. docs/DESK.md has its attributes and events. It draws into a shadow root with a style sheet of
 * objects, so that the page's own policy may forbid styles and strings as markup.
 */

import { h, render } from 'preact'
import { createApi, problemOf } from '../shared/api.ts'
import base from '../shared/base.css?inline'
import { language } from '../shared/language.ts'
import { isLanguage } from '../shared/language-names.ts'
import { ProblemNotice } from '../shared/pieces.tsx'
import type { Me } from '../shared/session.ts'
import { chime } from './alert.ts'
import deskStyle from './desk.css?inline'
import { DeskView } from './desk.tsx'
import { createDeskStore, type DeskStore } from './desk-store.ts'
import { desk as deskWords } from './desk-words.ts'
import embeddedStyle from './embedded.css?inline'
import { inWords } from './naming.ts'

const STYLES = [base, deskStyle, embeddedStyle].map((text) => {
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(text)
  return sheet
})
/** The server that this file is from. */
const OWN_SERVER = new URL(import.meta.url).origin

class SottoDesk extends HTMLElement {
  static observedAttributes = ['server', 'token', 'language']
  readonly #at = document.createElement('div')
  #store: DeskStore | undefined
  /** Counts beginnings: what an earlier one still waits for has no say any more. */
  #turn = 0

  constructor() {
    super()
    const shadow = this.attachShadow({ mode: 'open' })
    shadow.adoptedStyleSheets = STYLES
    shadow.append(this.#at)
  }

  connectedCallback(): void {
    this.#beginSoon()
  }

  disconnectedCallback(): void {
    this.#end()
  }

  attributeChangedCallback(name: string, before: string | null, value: string | null): void {
    if (name === 'language' && value !== null && isLanguage(value)) language.value = value
    if ((name === 'server' || name === 'token') && before !== value && this.isConnected) this.#beginSoon()
  }

  /** Once, however many attributes change together. */
  #beginSoon(): void {
    const turn = ++this.#turn
    queueMicrotask(() => {
      if (turn === this.#turn && this.isConnected) void this.#begin()
    })
  }

  async #begin(): Promise<void> {
    this.#end()
    const token = this.getAttribute('token')
    if (token === null || token === '') return
    const turn = this.#turn
    const api = createApi({
      base: (this.getAttribute('server') ?? OWN_SERVER).replace(/\/+$/, ''),
      token,
      onNobody: () => this.#tell('sotto-signed-out', {}),
    })
    try {
      const me = await api.get<Me>('/api/v1/me')
      if (turn !== this.#turn) return
      this.#store = createDeskStore({
        api,
        me,
        language: () => language.value,
        onChange: ({ type, detail }) => {
          if (type === 'sotto-secure-ended') chime()
          this.#tell(type, detail)
        },
      })
      render(h(DeskView, { store: this.#store, me, isEmbedded: true }), this.#at)
      this.#tell('sotto-ready', { agent: me.name })
    } catch (error) {
      if (turn !== this.#turn) return
      const problem = problemOf(error)
      render(h(ProblemNotice, { problem: inWords(deskWords.value, problem) }), this.#at)
      this.#tell('sotto-problem', { code: problem.code })
    }
  }

  #end(): void {
    this.#turn += 1
    this.#store?.close()
    this.#store = undefined
    render(null, this.#at)
  }

  #tell(type: string, detail: object): void {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }))
  }
}

if (customElements.get('sotto-desk') === undefined) customElements.define('sotto-desk', SottoDesk)
