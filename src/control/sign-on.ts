/** Logging in at the identity provider that the configuration names, if it names one. */

import { readFileSync } from 'node:fs'
import type { Clock } from '../base/clock.ts'
import type { Config } from '../base/config.ts'
import { type Fault, fault } from '../base/fault.ts'
import { type Directory, decideEdit, type Outside } from '../directory/index.ts'
import {
  claimsWanted,
  createProviderClient,
  createSignOn,
  providerRequests,
  type SignOn,
  type SignOnOptions,
} from '../people/index.ts'

type Parts = Pick<SignOnOptions, 'people' | 'users' | 'rows' | 'sealing' | 'wallMs'> & {
  readonly clock: Pick<Clock, 'now'>
  readonly directory: Pick<Directory, 'change'>
  readonly outside: Outside
}

/** Whom the history of an entry names. */
const BY = 'openid-connect'

/** @throws Fault `people.provider-down` when the file of authorities cannot be read */
export function signOnOf({ openidConnect: terms }: Config['people'], parts: Parts): SignOn | undefined {
  if (terms === undefined) return undefined
  const { clientId, clientSecret, issuer, publicUrl, scopes, secondFactor, caFile } = terms
  const claims = {
    nameClaim: terms.nameClaim,
    nameDomain: terms.nameDomain,
    requires: terms.requires,
    administrators: terms.administrators,
    secondFactor,
  }
  const client = createProviderClient(
    {
      ...{ issuer, clientId, clientSecret, scopes },
      redirectUri: `${publicUrl}/login/openid-connect/back`,
      acrValues: secondFactor.acr,
      wanted: claimsWanted(claims),
    },
    providerRequests(caFile === undefined ? undefined : authoritiesIn(caFile)),
    parts.clock.now,
  )
  return createSignOn({
    ...parts,
    client,
    now: parts.clock.now,
    terms: {
      ...claims,
      issuer,
      title: terms.displayName,
      unknownUsers: terms.unknownUsers,
      ownUrl: publicUrl,
      endsThere: terms.logsOutThere,
    },
    putUser: async (name, body) => {
      const edit = { kind: 'users', name, expected: 'any', how: { do: 'patch', patch: body } } as const
      const outcome = await parts.directory.change(BY, (picture) =>
        picture.entries.users.has(name)
          ? decideEdit(picture, edit, parts.outside)
          : decideEdit(picture, { ...edit, expected: 'none', how: { do: 'put', body } }, parts.outside),
      )
      if ('refused' in outcome) throw refusedUser(outcome.refused)
      const entry = outcome.picture.entries.users.get(name)
      if (entry === undefined) throw refusedUser('directory.not-found')
      return entry.id
    },
  })
}

function refusedUser(reason: string): Fault {
  return fault('people.not-admitted', { reason })
}

function authoritiesIn(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (thrown) {
    throw fault('people.provider-down', { reason: 'ca-file' }, thrown)
  }
}
