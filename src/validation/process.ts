/**
 * The reference validation service as a process: started by `sotto start` without a configuration, and by `sotto demo`. Its
 * certificate comes in the first message; it ends when whoever started it is gone.
 */

import { openChannel } from '../base/channel.ts'
import { aValidationEvent, aValidationOrder } from './channel.ts'
import { CARD_NAME, startValidationService } from './service.ts'

const channel = openChannel({
  endpoint: process,
  incoming: aValidationOrder,
  outgoing: aValidationEvent,
  onMessage: (order) => {
    startValidationService({
      address: '127.0.0.1',
      port: order.port,
      certificate: order.certificate,
      key: order.key,
      sealingKey: undefined,
      cardName: CARD_NAME,
      onReply: (fields, accepted) => channel.send({ type: 'replied', fields, accepted }),
    }).then(
      ({ port }) => channel.send({ type: 'listening', port }),
      () => channel.send({ type: 'failed' }),
    )
  },
  onBad: () => process.exit(1),
  onClosed: () => process.exit(0),
})

// A terminal's Ctrl-C reaches every process of the group: whoever started this one decides when it ends.
process.on('SIGINT', () => undefined)
process.on('SIGTERM', () => undefined)
