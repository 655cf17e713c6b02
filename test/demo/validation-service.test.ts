import { request } from 'node:https'
import t from 'tap'
import { makeDevelopmentCertificates } from '../../src/demo/certificate.ts'
import { outcomeFor, startValidationService } from '../../src/demo/validation-service.ts'

const bodyWith = (card: string) =>
  `<?xml version="1.0" encoding='UTF-8' ?>\n<params>\n<param name="credit card" value="${card}" />\n</params>\n`

const rows = [
  ['a published test card is accepted', '4111111111111111', 'accepted'],
  ['the test card that stands for a refusal is declined', '4000000000000002', 'declined'],
  ['any other number is declined, however valid', '4242424242424242', 'declined'],
  ['a body without a card number is declined', '', 'declined'],
] as const

for (const [sentence, card, expected] of rows) {
  t.test(sentence, async (t) => {
    t.match(outcomeFor(bodyWith(card), 'S0001'), `value="${expected}"`)
  })
}

t.test('the service answers over HTTPS to whoever trusts its authority, and to nobody else', async (t) => {
  const certificates = await makeDevelopmentCertificates(Date.now())
  let replies = 0
  const { server, port } = await startValidationService({
    port: 0,
    certificate: certificates.certificate,
    key: certificates.key,
    onReply: () => {
      replies += 1
    },
  })
  t.teardown(() => server.close())
  const post = (ca: string | undefined) =>
    new Promise<string>((resolve) => {
      const options = {
        host: '127.0.0.1',
        port,
        method: 'POST',
        agent: false,
        ...(ca === undefined ? {} : { ca }),
      } as const
      const sent = request(options, (response) => {
        let text = ''
        response.on('data', (chunk: Buffer) => {
          text += chunk.toString('utf8')
        })
        response.on('end', () => resolve(text))
      })
      sent.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'error'))
      sent.end(bodyWith('5555555555554444'))
    })
  t.match(await post(certificates.authority), '"accepted"')
  t.equal(await post(undefined), 'UNABLE_TO_VERIFY_LEAF_SIGNATURE')
  t.equal(replies, 1)
})
