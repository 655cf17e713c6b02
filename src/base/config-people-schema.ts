/** Settings of who uses the API: log-ins, second factors, and the log of what they did. */

import { Type } from 'typebox'
import { AT_START, FILE, flag, group, HOST, oneOf, secret, text, whole } from './config-kinds.ts'

/** A claim is a name of the provider's; some are addresses. */
const CLAIM = { pattern: '^[\\x21-\\x7e]{1,128}$', says: 'a name without spaces' }

function claimTest(description: string) {
  return Type.Optional(
    group(description, {
      claim: text('The claim.', { ...CLAIM, sample: 'groups' }),
      value: text('What it must be, or hold where it is a list.', { sample: 'sotto-administrators' }),
    }),
  )
}

function words(description: string, byDefault: string[]) {
  return Type.Array(text('One of them.', CLAIM), { maxItems: 32, uniqueItems: true, default: byDefault, description })
}

const openidConnect = group(
  'Logs users in by the identity provider of the company (OpenID Connect, authorization code flow with PKCE); passwords go on beside it.',
  {
    issuer: text('Address of the provider, as it stands in its ID tokens.', {
      pattern: '^https://[^\\s?#@]{1,2000}$',
      says: 'a URL that begins with https://, without a question mark',
      sample: 'https://login.example.com',
    }),
    displayName: text('What it is called where people log in.', {
      default: 'Single sign-on',
      pattern: '^[^\\p{Cc}\\p{Cs}]{1,64}$',
      says: 'at most 64 characters',
    }),
    clientId: text('What this server is called there.', { sample: 'sotto' }),
    clientSecret: Type.Optional(secret('Secret of it there; a public client has none.')),
    publicUrl: text(
      'Where people reach this server. At the provider, the redirect URI is this with /login/openid-connect/back behind it.',
      {
        pattern: '^(?:https://[^\\s/?#@]{1,255}|http://(?:localhost|127\\.0\\.0\\.1|\\[::1\\])(?::\\d{1,5})?)$',
        says: 'https://, a name and maybe a port, and nothing behind; http:// on this machine alone',
        sample: 'https://desk.example.com:8443',
      },
    ),
    caFile: Type.Optional(text('Certificate authorities trusted for it, PEM, instead of those that Node knows.', FILE)),
    scopes: words('Scopes that are asked for, beside openid.', ['profile', 'email']),
    nameClaim: text(
      'The claim that names a user of the directory when he comes first; from then on his subject does. One that only administrators of the provider can change.',
      { ...CLAIM, default: 'preferred_username' },
    ),
    nameDomain: Type.Optional(
      text('Where the claim is an address: what must stand behind its @; the name is what stands before.', {
        ...HOST,
        sample: 'example.com',
      }),
    ),
    requires: claimTest('Lets only those in who have this claim.'),
    unknownUsers: oneOf(
      'Who is not in the directory: "refuse" sends him away; "create" makes him a user without a phone, a workgroup or a right.',
      ['refuse', 'create'],
      'refuse',
    ),
    administrators: claimTest(
      'Makes administrators of those who have this claim, and takes it from those who have not, each time they log in; the directory says when absent.',
    ),
    secondFactor: group('When the provider has asked for a second factor itself, so that ours is not asked for.', {
      amr: words('Values of "amr" (RFC 8176) that say so.', ['mfa']),
      acr: words('Values of "acr" that say so; they are asked for.', []),
    }),
    logsOutThere: flag('Whether logging out here ends the log-in at the provider too.', false),
  },
)

export const people = group(
  'Users who log in, and the log of who did what (docs/ACCESS.md).',
  {
    idleMinutes: whole(
      "A log-in that was not used for so long ends. An open page is no use; a call of one's own phone is, while a page is open.",
      1,
      1440,
      15,
    ),
    longestHours: whole('A log-in ends after so long, used or not.', 1, 168, 12),
    secondFactorFor: Type.Array(
      Type.Unsafe<'agent' | 'supervisor' | 'administrator'>(Type.Enum(['agent', 'supervisor', 'administrator'])),
      {
        maxItems: 3,
        uniqueItems: true,
        default: ['administrator'],
        description: 'Roles that have to set up a second factor, a code by time, before they may do anything else.',
      },
    ),
    keyFile: text(
      'Key that seals what second factors are made of, and in the directory passwords of phones and trunks and secrets of forms; made when it is first needed, beside the configuration file. Servers that share a directory share it.',
      { default: 'var/people/sealing.key', ...FILE, data: true },
    ),
    openidConnect: Type.Optional(openidConnect),
    accessLogFolder: text(
      'Folder of the signed log of log-ins and changes, and of the key that signs it; the default is beside the configuration file.',
      { default: 'var/access', ...FILE, data: true },
    ),
  },
  AT_START,
)
