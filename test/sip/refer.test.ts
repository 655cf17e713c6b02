import t from 'tap'
import { dialogKey } from '../../src/sip/dialog.ts'
import type { SipRequest } from '../../src/sip/message.ts'
import { parseMessage } from '../../src/sip/parse-message.ts'
import { readRefer, replacesOf } from '../../src/sip/refer.ts'

function request(...headers: readonly string[]): SipRequest {
  const parsed = parseMessage(
    Buffer.from(
      [
        'REFER sip:a@b SIP/2.0',
        'Via: SIP/2.0/UDP h;branch=z9hG4bK1',
        'From: <sip:c@d>;tag=1',
        'To: <sip:a@b>;tag=2',
        'Call-ID: x',
        'CSeq: 1 REFER',
        ...headers,
        '',
        '',
      ].join('\r\n'),
      'latin1',
    ),
  )
  if (parsed.kind !== 'message' || parsed.message.kind !== 'request') throw new Error('not a request')
  return parsed.message
}

const refused: readonly (readonly [string, number, ...string[]])[] = [
  ['no Refer-To', 400],
  ['two of them', 400, 'Refer-To: <sip:1@b>', 'Refer-To: <sip:2@b>'],
  ['two in one line', 400, 'Refer-To: <sip:1@b>, <sip:2@b>'],
  ['not a URI', 400, 'Refer-To: <here>'],
  ['a web page', 416, 'Refer-To: <http://b/>'],
  ['another method', 603, 'Refer-To: <sip:1@b;method=BYE>'],
  ['a dialog without tags', 400, 'Refer-To: <sip:1@b?Replaces=call>'],
  ['a dialog without a Call-ID', 400, 'Refer-To: <sip:1@b?Replaces=%3Bto-tag%3D1%3Bfrom-tag%3D2>'],
  ['a broken escape', 400, 'Refer-To: <sip:1@b?Replaces=call%3Bto-tag%3D1%3Bfrom-tag%3D%2>'],
  [
    'two dialogs',
    400,
    'Refer-To: <sip:1@b?Replaces=c%3Bto-tag%3D1%3Bfrom-tag%3D2&Replaces=c%3Bto-tag%3D1%3Bfrom-tag%3D2>',
  ],
]
for (const [says, status, ...headers] of refused)
  t.test(`${says}: ${status}`, async (t) => t.same(readRefer(request(...headers)), { status }))

t.test('whom it names', async (t) => {
  t.match(readRefer(request('Refer-To: "Bob" <sip:100@b;method=INVITE>')), {
    target: { user: '100' },
    replaces: undefined,
    wantsNews: true,
  })
  t.match(readRefer(request('r: tel:+49-30-1')), { target: { user: '+49-30-1' } }, 'short, and a telephone number')
  t.match(readRefer(request('Refer-To: <sip:1@b>', 'Refer-Sub: false')), { wantsNews: false })
  t.match(readRefer(request('Refer-To: <sip:1@b>', 'Refer-Sub: False;x=1')), { wantsNews: false })
  t.match(readRefer(request('Refer-To: <sip:1@b>', 'Refer-Sub: true')), { wantsNews: true })
})

t.test('which dialog it names, as the one who sent it sees it', async (t) => {
  const named = readRefer(
    request('Refer-To: <sip:1@b?Route=%3Csip%3Aevil%3E&Replaces=c%40h%3Bto-tag%3Dours%3Bfrom-tag%3Dtheirs>'),
  )
  t.match(named, {
    target: { uri: 'sip:1@b' },
    replaces: { key: dialogKey('c@h', 'ours', 'theirs'), earlyOnly: false },
  })
  t.notMatch(JSON.stringify(named), /evil/, 'other headers lead nowhere')
})

t.test('Replaces of an INVITE', async (t) => {
  t.equal(replacesOf(request()), undefined)
  t.same(replacesOf(request('Replaces: c;from-tag=0;to-tag=o;early-only')), {
    key: dialogKey('c', 'o', ''),
    earlyOnly: true,
  })
  t.equal(replacesOf(request('Replaces: c;from-tag=a')), 'malformed')
  t.equal(replacesOf(request('Replaces: c;from-tag=a;to-tag=b', 'Replaces: c;from-tag=a;to-tag=b')), 'malformed')
  t.equal(replacesOf(request('Replaces: c;from-tag=a;to-tag=b', 'Join: c;from-tag=a;to-tag=b')), 'malformed')
})
