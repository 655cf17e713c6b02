/** What is kept of people, in memory: behaves as `src/people/stored-rows.ts`, to which the same tests are put. */

import type { Credentials, LoginRow, PeopleRows, TokenRow } from '../../src/people/rows.ts'

export function memoryRows(): PeopleRows {
  const credentials = new Map<string, Credentials>()
  const steps = new Map<string, number>()
  const codes = new Map<string, Set<string>>()
  const credentialsOf = (userId: string): Credentials =>
    credentials.get(userId) ?? {
      ...{ userId, passwordHash: undefined, mustChange: false, totpSealed: undefined, totpConfirmed: false },
    }
  let logins: LoginRow[] = []
  let tokens: TokenRow[] = []
  let ties: { issuer: string; subject: string; userId: string }[] = []
  return {
    credentials: async (userId) => credentials.get(userId),
    async putPassword(userId, passwordHash, mustChange, ifHash) {
      if (ifHash !== undefined && credentialsOf(userId).passwordHash !== ifHash) return false
      credentials.set(userId, { ...credentialsOf(userId), passwordHash, mustChange })
      return true
    },
    async beginTotp(userId, totpSealed) {
      if (credentialsOf(userId).totpConfirmed) return false
      credentials.set(userId, { ...credentialsOf(userId), totpSealed })
      return true
    },
    async confirmTotp(userId, sealed, digests) {
      const of = credentialsOf(userId)
      if (of.totpConfirmed || of.totpSealed !== sealed) return false
      credentials.set(userId, { ...of, totpConfirmed: true })
      codes.set(userId, new Set(digests))
      return true
    },
    async removeTotp(userId) {
      if (credentials.has(userId))
        credentials.set(userId, { ...credentialsOf(userId), totpSealed: undefined, totpConfirmed: false })
      codes.delete(userId)
    },
    async useStep(userId, step) {
      if ((steps.get(userId) ?? -1) >= step) return false
      steps.set(userId, step)
      return true
    },
    useRecoveryCode: async (userId, digest) => codes.get(userId)?.delete(digest) === true,
    recoveryCodesLeft: async (userId) => codes.get(userId)?.size ?? 0,
    addLogin: async (login) => void logins.push(login),
    login: async (digest) => logins.find((login) => login.digest === digest),
    loginsOf: async (userId) => logins.filter((login) => login.userId === userId),
    loginsOfSession: async (digest) => logins.filter(({ providerSession }) => providerSession === digest),
    async seenLogin(digest, seenMs) {
      logins = logins.map((login) => (login.digest === digest ? { ...login, seenMs } : login))
    },
    async endLogins(digests) {
      logins = logins.filter(({ digest }) => !digests.includes(digest))
    },
    async forgetLogins(startedBeforeMs, seenBeforeMs) {
      logins = logins.filter(({ startedMs, seenMs }) => startedMs > startedBeforeMs && seenMs > seenBeforeMs)
    },
    addToken: async (token) => void tokens.unshift(token),
    tokenWith: async (digest) => tokens.find((token) => token.digest === digest),
    tokens: async (userId) => tokens.filter((token) => userId === undefined || token.userId === userId),
    async usedToken(tokenId, usedMs) {
      tokens = tokens.map((token) => (token.tokenId === tokenId ? { ...token, usedMs } : token))
    },
    async revokeToken(tokenId) {
      tokens = tokens.filter((token) => token.tokenId !== tokenId)
    },
    userOfSubject: async (issuer, subject) =>
      ties.find((tie) => tie.issuer === issuer && tie.subject === subject)?.userId,
    async tieSubject(issuer, subject, userId) {
      const isTaken = ties.some((tie) => tie.issuer === issuer && (tie.subject === subject || tie.userId === userId))
      if (!isTaken) ties.push({ issuer, subject, userId })
      return !isTaken
    },
    isTied: async (userId) => ties.some((tie) => tie.userId === userId),
    async untie(userId) {
      ties = ties.filter((tie) => tie.userId !== userId)
    },
  }
}
