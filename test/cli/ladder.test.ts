import t from 'tap'
import { createLadder } from '../../src/cli/ladder.ts'

const at = '2026-11-27T12:00:01.234Z'
const head = (first: string, cseq: string) => `${first}\r\nCSeq: ${cseq}\r\n\r\n`

t.test('a call between two ends', async (t) => {
  const ladder = createLadder()
  const [caller, agent] = ['192.0.2.7:5060', '192.0.2.20:5062']
  const lines = [
    ladder.draw({ at, direction: 'in', far: caller, head: head('INVITE sip:100@a SIP/2.0', '1 INVITE') }),
    ladder.draw({ at, direction: 'out', far: caller, head: head('SIP/2.0 100 Trying', '1 INVITE') }),
    ladder.draw({ at, direction: 'out', far: agent, head: head('INVITE sip:agent@b SIP/2.0', '7 INVITE') }),
    ladder.draw({ at, direction: 'in', far: agent, head: head('SIP/2.0 200 OK', '7 INVITE') }),
    ladder.draw({ at, direction: 'in', far: caller, head: head('BYE sip:c@a SIP/2.0', '2 BYE') }),
  ].flat()
  t.strictSame(lines, [
    '',
    'UTC           Sotto                           192.0.2.7:5060',
    '12:00:01.234  |<- INVITE 100 (1) -------------|',
    '12:00:01.234  |- 100 Trying (1 INVITE) ------>|',
    '',
    'UTC           Sotto                           192.0.2.7:5060                  192.0.2.20:5062',
    '12:00:01.234  |- INVITE agent (7) ------------------------------------------->|',
    '12:00:01.234  |<- 200 OK (7 INVITE) ------------------------------------------|',
    '12:00:01.234  |<- BYE (2) --------------------|                               |',
  ])
})

t.test('what is too long is cut, and what came from the wire steers no terminal', async (t) => {
  const [, , line = ''] = createLadder().draw({
    ...{ at, direction: 'out', far: 'a:1' },
    head: head(`SIP/2.0 486 \u001b[31m${'x'.repeat(100)}`, '1 INVITE'),
  })
  t.match(line, /\|- 486 \?\[31mx+ ?->?\|$/)
  t.equal(line.length, 14 + 1 + 31 + 1)
})

t.test('no more ends than have room: who was silent for the longest makes it', async (t) => {
  const ladder = createLadder()
  const ring = (far: string) =>
    ladder.draw({ at, direction: 'out', far, head: head('OPTIONS sip:a SIP/2.0', '1 OPTIONS') })
  for (let i = 0; i < 5; i++) ring(`end-${i}`)
  ring('end-0')
  const [, names = ''] = ring('end-5')
  t.match(names, /end-0 +end-5 +end-2 +end-3 +end-4/)
})
