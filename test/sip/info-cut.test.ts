import t from 'tap'
import type { KeySlip } from '../../src/base/info-key.ts'
import { cutInfo, mayHoldDigits } from '../../src/sip/info-cut.ts'
import { ownCpuMs } from '../peers/process-times.ts'

const DIGITS = 'Signal=7\r\nDuration=160\r\n'
const info = (type: string, start = 'INFO sip:a@b SIP/2.0\r\n') =>
  Buffer.from(`${start}Call-ID: x\r\n${type}Content-Length: 24\r\n\r\n${DIGITS}`)

t.test('bodies that may hold digits are blanked where they lie', async (t) => {
  const rows: readonly (readonly [what: string, octets: Buffer, blanked: boolean])[] = [
    ['dtmf-relay', info('Content-Type: application/dtmf-relay\r\n'), true],
    ['dtmf, compact, in capitals', info('C:APPLICATION/DTMF\r\n'), true],
    ['telephone-event with a parameter', info('content-type : audio/telephone-event ; x=y\r\n'), true],
    ['a folded type', info('Content-Type:\r\n application/dtmf-relay\r\n'), true],
    ['no type at all', info(''), true],
    ['an unknown type', info('Content-Type: text/plain\r\n'), true],
    ['two types', info('Content-Type: application/sdp\r\nc: application/dtmf\r\n'), true],
    ['behind empty lines', info('c: application/dtmf\r\n', '\r\n\r\nINFO sip:a@b SIP/2.0\r\n'), true],
    ['media control', info('Content-Type: application/media_control+xml\r\n'), false],
    ['another method', info('c: application/dtmf\r\n', 'MESSAGE sip:a@b SIP/2.0\r\n'), false],
  ]
  for (const [what, octets, blanked] of rows) {
    const { length } = octets
    t.equal(cutInfo(octets), blanked ? DIGITS.length : 0, what)
    t.equal(octets.includes('Signal=7'), !blanked, what)
    t.equal(octets.length, length)
  }
})

t.test('a type without end takes no longer than its length', async (t) => {
  for (const type of ['a'.repeat(16_000), '\t'.repeat(16_000), 'a/'.repeat(8000), '\r\n '.repeat(5000)]) {
    for (const end of ['', ':', ';', '\t:x']) {
      const octets = info(`Content-Type: ${type}${end}\r\n`)
      cutInfo(Buffer.from(octets))
      const beginMs = ownCpuMs()
      for (let i = 0; i < 10; i++) cutInfo(Buffer.from(octets))
      const ms = (ownCpuMs() - beginMs) / 10
      t.ok(ms < 10, `${ms.toFixed(2)} ms`)
    }
  }
})

/** A slip that lies open. */
function openSlip() {
  const put: string[] = []
  const slip: KeySlip = {
    put: (form, octets, from, to) => {
      put.push(`${form} ${Buffer.from(octets.subarray(from, to)).toString('latin1')}`)
      return true
    },
    seal: () => undefined,
    read: () => -1,
    wipe: () => undefined,
  }
  return { put, slip }
}

t.test('the two forms that keys come in are put on the slip, nothing else is', async (t) => {
  const { put, slip } = openSlip()
  for (const octets of [
    info('Content-Type: application/dtmf-relay\r\n'),
    info('c:APPLICATION/DTMF;x=y\r\n'),
    info('Content-Type: audio/telephone-event\r\n'),
    info(''),
    info('Content-Type: application/dtmf\r\nc: application/dtmf-relay\r\n'),
    info('Content-Type: application/media_control+xml\r\n'),
    info('c: application/dtmf\r\n', 'MESSAGE sip:a@b SIP/2.0\r\n'),
    Buffer.from('INFO sip:a@b SIP/2.0\r\nc: application/dtmf\r\n\r\n'),
    Buffer.from('INFO sip:a@b SIP/2.0\r\nc: application/dtmf\r\n5'),
  ]) {
    cutInfo(octets, slip)
  }
  t.strictSame(put, [`dtmf-relay ${DIGITS}`, `dtmf ${DIGITS}`])
})

t.test('an INFO without an end of headers keeps its start line only', async (t) => {
  const octets = Buffer.from('INFO sip:a@b SIP/2.0\r\nc: application/dtmf\r\nSignal=7')
  t.ok(cutInfo(octets) > 0)
  t.equal(octets.toString('latin1').replaceAll('\0', ''), 'INFO sip:a@b SIP/2.0\r\n')
  t.equal(cutInfo(Buffer.from('INFO sip:a@b')), 0)
  t.equal(cutInfo(Buffer.from('INFO sip:a@b SIP/2.0\r\n\r\n')), 0, 'no body, nothing to blank')
})

t.test('no split of an INFO over a datagram leaves a digit', async (t) => {
  const whole = info('Content-Type: application/dtmf-relay\r\n')
  for (let end = 0; end < whole.length; end += 1) {
    const octets = Buffer.from(whole.subarray(0, end))
    cutInfo(octets)
    t.notOk(octets.includes('Signal=7'), `cut at ${end}`)
  }
})

t.test('only types that are known to be harmless pass', async (t) => {
  t.notOk(mayHoldDigits('application/sdp'))
  t.ok(mayHoldDigits('application/x-dtmf'))
  t.ok(mayHoldDigits(''))
})
