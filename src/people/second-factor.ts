/**
 * The second factor of a user: an authenticator program that shares a secret with us.
 *
 *   none -> begun (a secret was shown) -> confirmed by its first code, which gives recovery codes -> taken away
 *
 * Each code is good once, whoever sends it first.
 */

import { fault } from '../base/fault.ts'
import type { RandomBytes } from '../base/ids.ts'
import type { Milliseconds } from '../base/units.ts'
import { makeRecoveryCodes, recoveryDigest } from './recovery-codes.ts'
import type { Credentials, PeopleRows } from './rows.ts'
import type { Sealing } from './sealing.ts'
import { base32, otpauthUri, SECRET_OCTETS, stepOf } from './totp.ts'
import type { User } from './user.ts'

export type SecondFactorOptions = {
  readonly rows: PeopleRows
  readonly sealing: Sealing
  readonly wallMs: () => Milliseconds
  readonly random: RandomBytes
  /** Shown by the authenticator program. */
  readonly issuer: string
}

export type SecondFactor = {
  /** @returns what an authenticator program is set up with: it is told once. @throws Fault `people.second-factor-stands` */
  begin(user: User): Promise<{ readonly uri: string; readonly key: string }>
  /** @returns recovery codes: they are told once. @throws Fault `people.wrong-code`, `people.no-second-factor` */
  confirm(of: Credentials, code: string): Promise<readonly string[]>
  /** Takes a code, which is good no more then. */
  take(of: Credentials, given: GivenCode): Promise<boolean>
  remove(userId: string): Promise<void>
}

export type GivenCode = { readonly code?: string | undefined; readonly recoveryCode?: string | undefined }

export function createSecondFactor({ rows, sealing, wallMs, random, issuer }: SecondFactorOptions): SecondFactor {
  const takeCode = async ({ userId, totpSealed }: Credentials, code: string): Promise<boolean> => {
    if (totpSealed === undefined) return false
    const secret = sealing.open(totpSealed, userId)
    const step = stepOf(secret, code, wallMs(), Number.NEGATIVE_INFINITY)
    secret.fill(0)
    return step !== undefined && (await rows.useStep(userId, step))
  }
  return {
    async begin({ userId, name }) {
      const secret = Buffer.from(random(SECRET_OCTETS))
      if (!(await rows.beginTotp(userId, sealing.seal(secret, userId)))) throw fault('people.second-factor-stands')
      return { uri: otpauthUri(secret, issuer, name), key: base32(secret) }
    },
    async confirm(of, code) {
      if (of.totpConfirmed) throw fault('people.second-factor-stands')
      const { userId, totpSealed } = of
      if (totpSealed === undefined) throw fault('people.no-second-factor')
      if (!(await takeCode(of, code))) throw fault('people.wrong-code')
      const codes = makeRecoveryCodes(random)
      if (!(await rows.confirmTotp(userId, totpSealed, codes.map(recoveryDigest))))
        throw fault('people.no-second-factor')
      return codes
    },
    async take(of, { code, recoveryCode }) {
      if (code !== undefined) return takeCode(of, code)
      return recoveryCode !== undefined && rows.useRecoveryCode(of.userId, recoveryDigest(recoveryCode))
    },
    remove: (userId) => rows.removeTotp(userId),
  }
}
