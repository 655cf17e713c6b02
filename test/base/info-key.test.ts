import t from 'tap'
import { type InfoForm, infoFormOf, infoKey } from '../../src/base/info-key.ts'

const KEYS = '0123456789*#ABCD'
const read = (form: InfoForm, body: string) => {
  const octets = Buffer.from(`before${body}behind`, 'latin1')
  return infoKey(form, octets, 6, octets.length - 6)
}

t.test('every key in both forms', async (t) => {
  for (const [code, key] of [...KEYS].entries()) {
    t.equal(read('dtmf-relay', `Signal=${key}\r\nDuration=160\r\n`), code, key)
    t.equal(read('dtmf', key), code, key)
    t.equal(read('dtmf', key.toLowerCase()), code, `${key}, small`)
  }
  for (let code = 10; code < 16; code++) {
    t.equal(read('dtmf-relay', `Signal=${code}\r\nDuration=100`), code, `${code} as a number`)
    t.equal(read('dtmf', `${code}\r\n`), code)
  }
})

t.test('dtmf-relay as it is written in the field', async (t) => {
  const rows: readonly (readonly [what: string, body: string, key: number])[] = [
    ['no line end behind it', 'Signal=5', 5],
    ['spaces around everything', ' Signal = 5 \r\n Duration = 160 \r\n', 5],
    ['tabs', 'Signal\t=\t5\r\n', 5],
    ['small letters', 'signal=c\r\nduration=250\r\n', 14],
    ['capitals', 'SIGNAL=#\r\nDURATION=250\r\n', 11],
    ['line feeds alone', 'Signal=7\nDuration=160\n', 7],
    ['carriage returns alone', 'Signal=7\rDuration=160\r', 7],
    ['duration first', 'Duration=160\r\nSignal=3\r\n', 3],
    ['empty lines around', '\r\n\r\nSignal=3\r\n\r\n', 3],
    ['a zero behind it', 'Signal=3\r\nDuration=160\r\n\0', 3],
    ['lines that nobody knows', 'Signal=*\r\nVolume=10\r\nX-Signal=4\r\n', 10],
    ['no duration at all, and a silly one', 'Duration=minus\r\nSignal=0\r\n', 0],
  ]
  for (const [what, body, key] of rows) t.equal(read('dtmf-relay', body), key, what)
})

t.test('what is no key, or not one key, is none', async (t) => {
  const relay = [
    '',
    '\r\n',
    'Signal=',
    'Signal=\r\n5',
    'Signal',
    'Signal:5',
    'Signal=55',
    'Signal=5 5',
    'Signal=5\r\nSignal=6\r\n',
    'Signal=5\r\nSignal=5\r\n',
    'Signal=5\r\nSignal=\r\n',
    'Signal=16',
    'Signal=19',
    'Signal=09',
    'Signal=1/',
    'Signal=1:',
    'Signal=E',
    'Signal=!',
    'Signal="5"',
    'Signal=-1',
    'Signal=5200828282828210',
    'Signals=5',
    'Duration=160',
    '5',
    'Signal=\u0035\u0301',
  ]
  for (const body of relay) t.equal(read('dtmf-relay', body), -1, JSON.stringify(body))
  for (const body of ['', ' ', 'Signal=5', '5 5', '16', '09', '1:', 'E', '!', '123']) {
    t.equal(read('dtmf', body), -1, JSON.stringify(body))
  }
})

t.test('it reads no further than it is told to', async (t) => {
  const octets = Buffer.from('Signal=5\r\nSignal=6')
  t.equal(infoKey('dtmf-relay', octets, 0, 8), 5)
  t.equal(infoKey('dtmf-relay', octets, 0, 7), -1)
  t.equal(infoKey('dtmf-relay', octets, 0, 6), -1)
  t.equal(infoKey('dtmf-relay', octets, 10, 18), 6)
  t.equal(infoKey('dtmf', octets, 7, 8), 5)
})

t.test('no octets make it say anything but a key or none', async (t) => {
  let state = 7
  const random = () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff
    return state
  }
  const pieces = ['Signal', '=', '5', '\r\n', ' ', '#', '1', 'signal=', '\0', 'ÿ']
  for (let run = 0; run < 20_000; run++) {
    const octets = Buffer.from(
      Array.from({ length: random() % 8 }, () => pieces[random() % pieces.length]).join(''),
      'latin1',
    )
    for (const form of ['dtmf', 'dtmf-relay'] as const) {
      const key = infoKey(form, octets, 0, octets.length)
      if (!(Number.isInteger(key) && key >= -1 && key <= 15)) t.fail(`${form} ${octets.toString('hex')}: ${key}`)
    }
  }
})

t.test('the types that keys come in', async (t) => {
  t.equal(infoFormOf('application/dtmf-relay'), 'dtmf-relay')
  t.equal(infoFormOf('application/dtmf'), 'dtmf')
  for (const type of ['application/sdp', 'audio/telephone-event', '', 'text/plain']) {
    t.equal(infoFormOf(type), undefined, type)
  }
})
