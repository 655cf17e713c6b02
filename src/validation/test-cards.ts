/** Test numbers that card schemes and payment providers publish; no issuer knows them. Nothing else is ever accepted here. */

export const TEST_CARDS: ReadonlyMap<string, 'accepted' | 'declined'> = new Map([
  ['4111111111111111', 'accepted'],
  ['4012888888881881', 'accepted'],
  ['5555555555554444', 'accepted'],
  ['5105105105105100', 'accepted'],
  ['2223003122003222', 'accepted'],
  ['378282246310005', 'accepted'],
  ['371449635398431', 'accepted'],
  ['6011111111111117', 'accepted'],
  ['6011000990139424', 'accepted'],
  ['3566002020360505', 'accepted'],
  ['30569309025904', 'accepted'],
  ['4000000000000002', 'declined'],
  ['378734493671000', 'declined'],
  ['5200000000000114', 'declined'],
])
