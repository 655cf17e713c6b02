import t from 'tap'
import { answerDirection, farDirection, holdOf, isZeroAddress } from '../../src/sip/hold-forms.ts'
import { parseSdp, type SdpAudio, type SdpDirection } from '../../src/sip/sdp.ts'
import { sdpPairs } from './sdp-pairs.ts'

function audioWith(direction: SdpDirection, address = '192.0.2.1'): SdpAudio {
  const body = `v=0\r\nc=IN ${address.includes(':') ? 'IP6' : 'IP4'} ${address}\r\nm=audio 5004 RTP/AVP 8\r\na=${direction}\r\n`
  const audio = parseSdp(body)?.audio
  if (audio === undefined) throw new Error('the test wrote a bad description')
  return audio
}

t.test('every fixture says what hold it is', async (t) => {
  for (const { name, hold, offer } of sdpPairs) {
    const audio = parseSdp(offer)?.audio
    t.equal(audio === undefined ? 'none' : holdOf(audio), hold, name)
  }
})

t.test('the answer is the offer turned round, less what we do not want (RFC 3264 section 6.1)', async (t) => {
  const grid: readonly [far: SdpDirection, wanted: SdpDirection, answer: SdpDirection][] = [
    ['sendrecv', 'sendrecv', 'sendrecv'],
    ['sendrecv', 'sendonly', 'sendonly'],
    ['sendrecv', 'recvonly', 'recvonly'],
    ['sendrecv', 'inactive', 'inactive'],
    ['sendonly', 'sendrecv', 'recvonly'],
    ['sendonly', 'sendonly', 'inactive'],
    ['sendonly', 'recvonly', 'recvonly'],
    ['sendonly', 'inactive', 'inactive'],
    ['recvonly', 'sendrecv', 'sendonly'],
    ['recvonly', 'sendonly', 'sendonly'],
    ['recvonly', 'recvonly', 'inactive'],
    ['recvonly', 'inactive', 'inactive'],
    ['inactive', 'sendrecv', 'inactive'],
    ['inactive', 'sendonly', 'inactive'],
    ['inactive', 'recvonly', 'inactive'],
    ['inactive', 'inactive', 'inactive'],
  ]
  for (const [far, wanted, answer] of grid)
    t.equal(answerDirection(audioWith(far), wanted), answer, `${far}, we want ${wanted}`)
})

t.test('an address of zeros takes the listening away, whatever the attribute says', async (t) => {
  for (const zero of ['0.0.0.0', '::', '0:0:0:0:0:0:0:0', '::ffff:0.0.0.0']) {
    t.equal(farDirection(audioWith('sendrecv', zero)), 'sendonly', zero)
    t.equal(farDirection(audioWith('recvonly', zero)), 'inactive', zero)
    t.equal(holdOf(audioWith('sendrecv', zero)), 'held', zero)
    t.equal(answerDirection(audioWith('sendrecv', zero), 'sendrecv'), 'recvonly', zero)
  }
})

t.test('other addresses with zeros in them are addresses', async (t) => {
  for (const address of ['0.0.0.1', '10.0.0.0', '::1', '2001:db8::', '', '0', '::ffff:192.0.2.1'])
    t.notOk(isZeroAddress(address), address)
})
