import { inspect } from 'node:util'
import t from 'tap'
import { fault } from '../../src/base/fault.ts'
import { fieldKinds, type LogFields } from '../../src/base/fields.ts'
import { createLog, type LogLevel, MISFIT, SECRET_NAMES, scrubLine } from '../../src/base/log.ts'
import { Secret } from '../../src/base/secret.ts'

function listen(level: LogLevel = 'debug') {
  const lines: string[] = []
  const log = createLog({
    level,
    write: (line) => lines.push(line),
    wallMs: () => Date.UTC(2026, 0, 2, 3, 4, 5, 6),
    process: 'control',
  })
  return { log, lines, last: (): Record<string, unknown> => JSON.parse(lines.at(-1) ?? '') }
}
/** What a careless caller would pass. */
const careless = (fields: unknown) => fields as LogFields

t.test('a line', async (t) => {
  const { log, lines, last } = listen()
  log.info('call.answered', {
    callId: 'call-bcd',
    from: '+4930123456',
    status: 200,
    held: false,
    trunk: 'carrier',
    address: '192.0.2.1',
  })
  t.strictSame(last(), {
    level: 'info',
    time: '2026-01-02T03:04:05.006Z',
    process: 'control',
    callId: 'call-bcd',
    from: '+********56',
    status: 200,
    held: false,
    trunk: 'carrier',
    address: '192.0.2.1',
    event: 'call.answered',
  })
  t.match(lines[0], /\n$/)
  t.equal(lines[0]?.indexOf('\n'), (lines[0]?.length ?? 0) - 1)
  log.info('control.started')
  t.strictSame(Object.keys(last()), ['level', 'time', 'process', 'event'])
})

t.test('levels', async (t) => {
  const { log, lines } = listen('warn')
  log.debug('sip.counted')
  log.info('sip.counted')
  log.warn('sip.counted')
  log.error('sip.counted')
  t.equal(lines.length, 2)
  t.equal(listen('silent').log.level, 'silent')
})

t.test('what does not fit its field is not written', async (t) => {
  const rows: readonly [name: string, fields: Record<string, unknown>, written: Record<string, unknown>][] = [
    ['text off the wire as an id', { callId: 'a b' }, { callId: MISFIT }],
    ['a line end in a name', { trunk: 'a\nb' }, { trunk: MISFIT }],
    [
      'a UUID',
      { sessionUuid: 'ab30317f1a784dc48ff824d0d3715d86' },
      { sessionUuid: 'ab30317f1a784dc48ff824d0d3715d86' },
    ],
    ['no UUID', { sessionUuid: 'AB30317F1A784DC48FF824D0D3715D86' }, { sessionUuid: MISFIT }],
    [
      'a card number in a UUID',
      { callerUuid: `ab4111111111111111${'c'.repeat(14)}` },
      { callerUuid: `ab[card number]${'c'.repeat(14)}` },
    ],
    ['an object', { callId: { toString: () => 'x' } }, { callId: MISFIT }],
    ['a list', { trunk: ['a'] }, { trunk: MISFIT }],
    ['an error', { reason: new Error('secret text') }, { reason: MISFIT }],
    ['a secret', { reason: new Secret('hunter2') }, { reason: MISFIT }],
    ['a number as long as a card number', { count: 4111111111111111 }, { count: MISFIT }],
    ['no number', { count: Number.NaN }, { count: MISFIT }],
    ['a host name as an address', { address: 'example.com' }, { address: MISFIT }],
    ['a word as a flag', { held: 'yes' }, { held: MISFIT }],
    ['a name as a phone number', { from: 'alice' }, { from: '***' }],
    ['an undeclared field', { pan: 'x', password: 'y' }, { pan: undefined, password: undefined }],
    ['a name of the language', JSON.parse('{"__proto__":"x","constructor":"y"}'), {}],
    ['undefined', { count: undefined }, { count: undefined }],
  ]
  for (const [name, fields, written] of rows) {
    const { log, last, lines } = listen()
    log.info('call.ended', careless(fields))
    for (const [key, value] of Object.entries(written)) t.strictSame(last()[key], value, name)
    t.notMatch(lines.join(''), /hunter2|secret text/, name)
  }
})

t.test('faults: code and declared detail, at the level of the row; never the text of what was thrown', async (t) => {
  const { log, last, lines } = listen()
  log.fault(fault('sip.no-common-codec', { callId: 'call-b', odd: 3 }, new Error('v=0 INVITE')), { legId: 'leg-c' })
  t.match(last(), {
    level: 'info',
    event: 'fault.raised',
    fault: 'sip.no-common-codec',
    callId: 'call-b',
    legId: 'leg-c',
  })
  log.fault(new Error('4111 1111 1111 1111'))
  t.match(last(), { level: 'error', fault: 'base.internal' })
  log.fault('text')
  t.match(last(), { fault: 'base.internal' })
  t.notMatch(lines.join(''), /INVITE|4111|odd|text/)
  const secret = new Secret('hunter2')
  secret.wipe()
  try {
    secret.reveal()
  } catch (thrown) {
    log.fault(thrown)
  }
  t.match(last(), { fault: 'base.internal', where: /^src\/base\/secret\.ts:\d+$/ }, 'an error of ours says where')
  log.fault(Object.assign(new Error('x'), { stack: 'Error: x\n    at f (/a/src/4111 1111.ts:1:1)\n at src/x.ts:1' }))
  t.equal(last()['where'], undefined, 'a stack that is none says nothing')
})

t.test('the net: no card number leaves, and the line stays JSON', async (t) => {
  const rows: readonly [string, unknown][] = [
    ['{"a":"x 4111111111111111 y"}', { a: 'x [card number] y' }],
    ['{"a":4111111111111111,"b":1}', { a: null, b: 1 }],
    ['{"a":[4111111111111111,378282246310005]}', { a: [null, null] }],
    ['{"a":"4111-1111-1111-1111"}', { a: '[card number]' }],
    ['{"time":"2026-01-02T03:04:05.006Z","n":1234567890123}', { time: '2026-01-02T03:04:05.006Z', n: 1234567890123 }],
  ]
  for (const [line, expected] of rows) t.strictSame(JSON.parse(scrubLine(line)), expected, line)
  const { log, lines } = listen()
  log.info('call.answered', {
    callId: '4111111111111111',
    account: '4111-1111-1111-1111',
    configuration: 'x 4111 1111 1111 1111',
  })
  t.notMatch(lines.join(''), /4111/, inspect(lines))
})

t.test('no field has the name of a secret, and one that is written all the same is left out', async (t) => {
  t.same(
    Object.keys(fieldKinds).filter((name) => SECRET_NAMES.has(name)),
    [],
  )
  const lines: string[] = []
  const log = createLog({ level: 'info', write: (line) => lines.push(line), wallMs: () => 0, process: 'cli' })
  const fields = { callId: 'call-1', password: 'opensesame', body: 'v=0' } as unknown as LogFields
  log.info('call.rang', fields)
  t.match(lines[0], 'call-1')
  t.notMatch(lines[0], /opensesame|v=0|password|body/)
})
