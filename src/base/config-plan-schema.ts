/** Settings of phones and routes; with trunks (`config-trunk-schema.ts`) they are the dial plan, which the directory may add to. */

import { Type } from 'typebox'
import { group, HASH, moreTargets, NAME, NUMBER, SIP_URI, secret, text, whole } from './config-kinds.ts'

export const phone = group('One softphone account.', {
  account: text('Name that the phone registers with.', { ...NAME, sample: 'agent-1' }),
  displayName: text('Name shown to people.', { default: 'Phone', sample: 'Agent One' }),
  password: Type.Optional(secret('Password; or give the hashes instead.', { sample: 'change-me-please' })),
  ha1Sha256: Type.Optional(secret('SHA-256 of account:realm:password, as hex, instead of the password.', HASH(64))),
  ha1Md5: Type.Optional(secret('MD5 of account:realm:password, as hex, for phones without SHA-256.', HASH(32))),
  allowDestinations: Type.Optional(
    Type.Array(text('Number or prefix.', { ...NUMBER, sample: '+49*' }), {
      maxItems: 1000,
      description: 'Numbers that it may call through trunks, of those that the trunk allows; all of these when absent.',
    }),
  ),
})

export const route = group('Where a dialled number leads. The first route that fits is taken.', {
  from: Type.Optional(text('Name of a trunk, or "phones"; anybody when absent.', { ...NAME, sample: 'carrier' })),
  number: text('The dialled number, or its beginning and a *.', { ...NUMBER, sample: '+4930123456' }),
  to: group('Exactly one of the four.', {
    phone: Type.Optional(text('Account of a phone.', NAME)),
    workgroup: Type.Optional(text('Name of a workgroup.', { ...NAME, sample: 'payments' })),
    uri: Type.Optional(text('SIP URI, such as a PBX.', SIP_URI)),
    trunk: Type.Optional(text('Name of a trunk with outbound.', NAME)),
  }),
  weight: whole('Share of the calls of to.uri among the targets of priority 0.', 0, 65_535, 1),
  moreTargets: moreTargets('to.uri'),
})
