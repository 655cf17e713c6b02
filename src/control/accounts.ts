/** What the registrar asks for of each account: its password, or the hashes of it. */

import type { Config } from '../base/config.ts'

/** @returns the credentials of a user; undefined for nobody's. */
export function accounts(config: Config) {
  const byName = new Map(config.phones.map((phone) => [phone.account, phone]))
  return (user: string) => {
    const phone = byName.get(user)
    if (phone === undefined) return undefined
    if (phone.password !== undefined) return { password: phone.password }
    return { ha1Sha256: phone.ha1Sha256, ha1Md5: phone.ha1Md5 }
  }
}
