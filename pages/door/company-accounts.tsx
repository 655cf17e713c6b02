/** The ways to log in beside the password: by the identity provider of the company. */

import type { Static } from 'typebox'
import type { someWays } from '../../src/web/sign-on-routes.ts'
import { wayBack } from '../shared/session.ts'
import { door } from './door-words.ts'

export type Ways = Static<typeof someWays>

export function CompanyAccounts({ ways }: { readonly ways: Ways | undefined }) {
  const to = encodeURIComponent(wayBack(location.search) ?? '/')
  return (
    <>
      {ways?.ways.map(
        ({ way, begin, displayName = '' }) =>
          begin !== undefined && (
            <div class="row" key={way}>
              <a class="button" href={`${begin}?returnTo=${to}`}>
                {door.value.logInWith(displayName)}
              </a>
            </div>
          ),
      )}
    </>
  )
}
