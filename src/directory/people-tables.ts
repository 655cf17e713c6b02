/**
 * What is kept of users beside their entries: how they prove themselves, where they are logged in, which tokens they have. Not in the picture, and in no export: secrets
 * stand here hashed or sealed. Rows are named by the id of a user, which no other user gets.
 */

import type { Kysely } from 'kysely'
import type { Milliseconds } from '../base/units.ts'
import type { Database, Tables } from './tables.ts'

export type PeopleTables = Tables & {
  readonly credentials: {
    readonly user_id: string
    readonly password_hash: string | null
    readonly must_change: number
    readonly totp_sealed: string | null
    readonly totp_confirmed: number
    /** The step of the last code that was taken. */
    readonly totp_step: number
  }
  readonly recovery_codes: { readonly user_id: string; readonly digest: string }
  readonly logins: {
    readonly digest: string
    readonly login_id: string
    readonly user_id: string
    readonly address: string
    readonly proven_by: string
    readonly provider_session: string | null
    readonly started_ms: Milliseconds
    readonly seen_ms: Milliseconds
  }
  readonly api_tokens: {
    readonly token_id: string
    readonly digest: string
    readonly user_id: string
    readonly name: string
    readonly prefix: string
    /** Words, parted by spaces. */
    readonly scopes: string
    readonly proven_by: string
    readonly created_ms: Milliseconds
    readonly expires_ms: Milliseconds
    readonly used_ms: Milliseconds | null
  }
  /** Who somebody at an identity provider is here (OpenID Connect Core 1.0 section 5.7: issuer and subject together name him for good). */
  readonly provider_subjects: { readonly issuer: string; readonly subject: string; readonly user_id: string }
}

export type PeopleDatabase = Kysely<PeopleTables>

/** The step that makes them. */
export async function createPeopleTables(db: Database): Promise<void> {
  await db.schema
    .createTable('credentials')
    .addColumn('user_id', 'text', (column) => column.primaryKey())
    .addColumn('password_hash', 'text')
    .addColumn('must_change', 'integer', (column) => column.notNull())
    .addColumn('totp_sealed', 'text')
    .addColumn('totp_confirmed', 'integer', (column) => column.notNull())
    .addColumn('totp_step', 'bigint', (column) => column.notNull())
    .execute()
  await db.schema
    .createTable('recovery_codes')
    .addColumn('user_id', 'text', (column) => column.notNull())
    .addColumn('digest', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('recovery_codes_key', ['user_id', 'digest'])
    .execute()
  await db.schema
    .createTable('logins')
    .addColumn('digest', 'text', (column) => column.primaryKey())
    .addColumn('login_id', 'text', (column) => column.notNull().unique())
    .addColumn('user_id', 'text', (column) => column.notNull())
    .addColumn('address', 'text', (column) => column.notNull())
    .addColumn('started_ms', 'bigint', (column) => column.notNull())
    .addColumn('seen_ms', 'bigint', (column) => column.notNull())
    .execute()
  await db.schema.createIndex('logins_user').on('logins').column('user_id').execute()
  await db.schema
    .createTable('api_tokens')
    .addColumn('token_id', 'text', (column) => column.primaryKey())
    .addColumn('digest', 'text', (column) => column.notNull().unique())
    .addColumn('user_id', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('prefix', 'text', (column) => column.notNull())
    .addColumn('scopes', 'text', (column) => column.notNull())
    .addColumn('created_ms', 'bigint', (column) => column.notNull())
    .addColumn('expires_ms', 'bigint', (column) => column.notNull())
    .addColumn('used_ms', 'bigint')
    .execute()
  await db.schema.createIndex('api_tokens_user').on('api_tokens').column('user_id').execute()
}

/** The step that makes room for an identity provider. */
export async function createProviderTables(db: Database): Promise<void> {
  await db.schema
    .createTable('provider_subjects')
    .addColumn('issuer', 'text', (column) => column.notNull())
    .addColumn('subject', 'text', (column) => column.notNull())
    .addColumn('user_id', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('provider_subjects_key', ['issuer', 'subject'])
    .addUniqueConstraint('provider_subjects_user', ['issuer', 'user_id'])
    .execute()
  for (const table of ['logins', 'api_tokens'])
    await db.schema
      .alterTable(table)
      .addColumn('proven_by', 'text', (column) => column.notNull().defaultTo('password'))
      .execute()
}

/** The step that keeps which log-in at the identity provider a log-in came of. */
export async function createProviderSessions(db: Database): Promise<void> {
  await db.schema.alterTable('logins').addColumn('provider_session', 'text').execute()
  await db.schema.createIndex('logins_provider_session').on('logins').column('provider_session').execute()
}
