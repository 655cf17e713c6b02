/**
 * Entry of the process that tries a validation service as `sotto validation test` does: the terms come in the first message, what it found is its last. Card numbers, if only of
 * tests, are in no process of the server that way, and whoever searches one for a number that was keyed finds none. It ends when whoever started it is gone.
 */

import { certificateFacts } from '../base/certificate-facts.ts'
import { openChannel } from '../base/channel.ts'
import { lookAtChain, pinOf } from './chain.ts'
import { testContract } from './contract-test.ts'
import { TEST_CARDS } from './test-cards.ts'
import { aTestEvent, aTestOrder, type TestEvent, type TestOrder } from './test-channel.ts'

const channel = openChannel({
  endpoint: process,
  incoming: aTestOrder,
  outgoing: aTestEvent,
  onMessage: (order) => {
    tried(order).then(
      (event) => channel.send(event),
      () => process.exit(1),
    )
  },
  onBad: () => process.exit(1),
  onClosed: () => process.exit(0),
})

const PUBLISHED = '4012888888881881'

async function tried({ validation, runId, cardName, accepted = PUBLISHED, declined }: TestOrder): Promise<TestEvent> {
  if (![accepted, declined ?? accepted].every((card) => TEST_CARDS.has(card))) return { type: 'refused' }
  const startMs = performance.now()
  const chain = await lookAtChain(validation)
  const cards = { name: cardName, accepted, declined }
  const rows = await testContract({ validation, runId, nowMs: () => performance.now(), cards })
  const certificates = 'failed' in chain ? [] : chain.certificates
  const pins = certificates.map(pinOf)
  const isPinned = validation.pins.length === 0 || validation.pins.includes(pins[0] ?? '')
  const whyNot = 'failed' in chain ? chain.failed : (chain.whyNot ?? (isPinned ? undefined : 'PIN_MISMATCH'))
  return {
    type: 'tested',
    tookMs: Math.round(performance.now() - startMs),
    chain: certificates.map((certificate, at) => ({ ...certificateFacts(certificate), pin: pins[at] ?? '' })),
    ...(whyNot === undefined ? {} : { whyNot }),
    rows: rows.map((row) => ({ ...row })),
  }
}
