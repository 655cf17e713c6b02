/** What is kept of people, in the store of the directory: SQLite or PostgreSQL. */

import type { Database, PeopleTables } from '../directory/index.ts'
import type { ProvenBy } from './principal.ts'
import type { Credentials, LoginRow, PeopleRows, TokenRow } from './rows.ts'
import { isScope } from './scopes.ts'

/** Of whom nothing is kept yet. */
const NO_CREDENTIALS = { password_hash: null, must_change: 0, totp_sealed: null, totp_confirmed: 0, totp_step: -1 }

/** @param store asked each time: it may be opened later. */
export function storedRows(store: () => Database): PeopleRows {
  const tables = () => store().withTables<PeopleTables>()
  return {
    async credentials(userId) {
      const row = await tables().selectFrom('credentials').selectAll().where('user_id', '=', userId).executeTakeFirst()
      return row === undefined ? undefined : credentialsOf(row)
    },
    async putPassword(userId, hash, mustChange, ifHash) {
      const values = { password_hash: hash, must_change: mustChange ? 1 : 0 }
      if (ifHash === undefined) {
        await tables()
          .insertInto('credentials')
          .values({ ...NO_CREDENTIALS, user_id: userId, ...values })
          .onConflict((conflict) => conflict.column('user_id').doUpdateSet(values))
          .execute()
        return true
      }
      const { numUpdatedRows } = await tables()
        .updateTable('credentials')
        .set(values)
        .where('user_id', '=', userId)
        .where('password_hash', '=', ifHash)
        .executeTakeFirst()
      return numUpdatedRows > 0n
    },
    async beginTotp(userId, sealed) {
      const { numInsertedOrUpdatedRows } = await tables()
        .insertInto('credentials')
        .values({ ...NO_CREDENTIALS, user_id: userId, totp_sealed: sealed })
        .onConflict((conflict) =>
          conflict.column('user_id').doUpdateSet({ totp_sealed: sealed }).where('credentials.totp_confirmed', '=', 0),
        )
        .executeTakeFirst()
      return (numInsertedOrUpdatedRows ?? 0n) > 0n
    },
    async confirmTotp(userId, sealed, digests) {
      return tables()
        .transaction()
        .execute(async (within) => {
          const { numUpdatedRows } = await within
            .updateTable('credentials')
            .set({ totp_confirmed: 1 })
            .where('user_id', '=', userId)
            .where('totp_sealed', '=', sealed)
            .where('totp_confirmed', '=', 0)
            .executeTakeFirst()
          if (numUpdatedRows === 0n) return false
          await within.deleteFrom('recovery_codes').where('user_id', '=', userId).execute()
          const rows = digests.map((digest) => ({ user_id: userId, digest }))
          await within.insertInto('recovery_codes').values(rows).execute()
          return true
        })
    },
    async removeTotp(userId) {
      await tables()
        .transaction()
        .execute(async (within) => {
          const nothing = { totp_sealed: null, totp_confirmed: 0 }
          await within.updateTable('credentials').set(nothing).where('user_id', '=', userId).execute()
          await within.deleteFrom('recovery_codes').where('user_id', '=', userId).execute()
        })
    },
    async useStep(userId, step) {
      const { numUpdatedRows } = await tables()
        .updateTable('credentials')
        .set({ totp_step: step })
        .where('user_id', '=', userId)
        .where('totp_step', '<', step)
        .executeTakeFirst()
      return numUpdatedRows > 0n
    },
    async useRecoveryCode(userId, digest) {
      const { numDeletedRows } = await tables()
        .deleteFrom('recovery_codes')
        .where('user_id', '=', userId)
        .where('digest', '=', digest)
        .executeTakeFirst()
      return numDeletedRows > 0n
    },
    async recoveryCodesLeft(userId) {
      const rows = await tables().selectFrom('recovery_codes').select('digest').where('user_id', '=', userId).execute()
      return rows.length
    },

    async addLogin({ digest, loginId, userId, address, provenBy, providerSession, startedMs, seenMs }) {
      const row = {
        ...{ digest, login_id: loginId, user_id: userId, address, proven_by: provenBy },
        ...{ provider_session: providerSession ?? null, started_ms: startedMs, seen_ms: seenMs },
      }
      await tables().insertInto('logins').values(row).execute()
    },
    async login(digest) {
      const row = await tables().selectFrom('logins').selectAll().where('digest', '=', digest).executeTakeFirst()
      return row === undefined ? undefined : loginOf(row)
    },
    async loginsOf(userId) {
      return (await tables().selectFrom('logins').selectAll().where('user_id', '=', userId).execute()).map(loginOf)
    },
    async loginsOfSession(digest) {
      const rows = tables().selectFrom('logins').selectAll().where('provider_session', '=', digest)
      return (await rows.execute()).map(loginOf)
    },
    async seenLogin(digest, seenMs) {
      await tables().updateTable('logins').set({ seen_ms: seenMs }).where('digest', '=', digest).execute()
    },
    async endLogins(digests) {
      if (digests.length === 0) return
      await tables().deleteFrom('logins').where('digest', 'in', digests).execute()
    },
    async forgetLogins(startedBeforeMs, seenBeforeMs) {
      await tables()
        .deleteFrom('logins')
        .where((eb) => eb.or([eb('started_ms', '<=', startedBeforeMs), eb('seen_ms', '<=', seenBeforeMs)]))
        .execute()
    },

    async addToken(token) {
      const { tokenId, digest, userId, name, prefix, scopes, provenBy, createdMs, expiresMs, usedMs } = token
      await tables()
        .insertInto('api_tokens')
        .values({
          ...{ token_id: tokenId, digest, user_id: userId, name, prefix, scopes: scopes.join(' ') },
          proven_by: provenBy,
          ...{ created_ms: createdMs, expires_ms: expiresMs, used_ms: usedMs ?? null },
        })
        .execute()
    },
    async tokenWith(digest) {
      const row = await tables().selectFrom('api_tokens').selectAll().where('digest', '=', digest).executeTakeFirst()
      return row === undefined ? undefined : tokenOf(row)
    },
    async tokens(userId) {
      const all = tables().selectFrom('api_tokens').selectAll().orderBy('created_ms', 'desc').orderBy('token_id')
      const asked = userId === undefined ? all : all.where('user_id', '=', userId)
      return (await asked.execute()).map(tokenOf)
    },
    async usedToken(tokenId, usedMs) {
      await tables().updateTable('api_tokens').set({ used_ms: usedMs }).where('token_id', '=', tokenId).execute()
    },
    async revokeToken(tokenId) {
      await tables().deleteFrom('api_tokens').where('token_id', '=', tokenId).execute()
    },

    async userOfSubject(issuer, subject) {
      const row = await tables()
        .selectFrom('provider_subjects')
        .select('user_id')
        .where('issuer', '=', issuer)
        .where('subject', '=', subject)
        .executeTakeFirst()
      return row?.user_id
    },
    async tieSubject(issuer, subject, userId) {
      const { numInsertedOrUpdatedRows } = await tables()
        .insertInto('provider_subjects')
        .values({ issuer, subject, user_id: userId })
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirst()
      return (numInsertedOrUpdatedRows ?? 0n) > 0n
    },
    async isTied(userId) {
      const rows = tables().selectFrom('provider_subjects').select('user_id').where('user_id', '=', userId)
      return (await rows.executeTakeFirst()) !== undefined
    },
    async untie(userId) {
      await tables().deleteFrom('provider_subjects').where('user_id', '=', userId).execute()
    },
  }
}

function credentialsOf(row: PeopleTables['credentials']): Credentials {
  return {
    userId: row.user_id,
    passwordHash: row.password_hash ?? undefined,
    mustChange: Number(row.must_change) === 1,
    totpSealed: row.totp_sealed ?? undefined,
    totpConfirmed: Number(row.totp_confirmed) === 1,
  }
}

function loginOf(row: PeopleTables['logins']): LoginRow {
  return {
    digest: row.digest,
    loginId: row.login_id,
    userId: row.user_id,
    address: row.address,
    provenBy: provenByOf(row.proven_by),
    providerSession: row.provider_session ?? undefined,
    startedMs: Number(row.started_ms),
    seenMs: Number(row.seen_ms),
  }
}

function tokenOf(row: PeopleTables['api_tokens']): TokenRow {
  return {
    digest: row.digest,
    tokenId: row.token_id,
    userId: row.user_id,
    name: row.name,
    prefix: row.prefix,
    scopes: row.scopes.split(' ').filter(isScope),
    provenBy: provenByOf(row.proven_by),
    createdMs: Number(row.created_ms),
    expiresMs: Number(row.expires_ms),
    usedMs: row.used_ms === null ? undefined : Number(row.used_ms),
  }
}

/** A word that a later program wrote counts as the one that admits least. */
function provenByOf(word: string): ProvenBy {
  return word === 'provider' || word === 'provider-with-second-factor' ? word : 'password'
}
