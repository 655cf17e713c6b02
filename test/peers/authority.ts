/**
 * A certificate authority for tests: made afresh each time with the `openssl` command, in a folder that is removed. Issues server
 * certificates that are good, expired or for another name.
 */

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export type Identity = { readonly certificate: string; readonly key: string }

export type Authority = {
  /** Certificate of the authority, PEM. */
  readonly certificate: string
  /** A certificate for a server or a client. @param names as subject alternative names, like `DNS:localhost`. */
  issue(names: readonly string[], validity?: 'now' | 'expired'): Identity
  close(): void
}

const openssl = (folder: string, ...words: string[]) => execFileSync('openssl', words, { cwd: folder, stdio: 'ignore' })

/** Makes an authority, and with it the folder that `close` removes. */
export function makeAuthority(name = 'Test authority'): Authority {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-authority-'))
  const read = (file: string) => readFileSync(join(folder, file), 'utf8')
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  openssl(
    folder,
    'req',
    '-x509',
    ...newKey,
    '-days',
    '2',
    '-subj',
    `/CN=${name}`,
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
  )
  writeFileSync(join(folder, 'index.txt'), '')
  writeFileSync(
    join(folder, 'ca.conf'),
    [
      '[ca]',
      'default_ca = own',
      '[own]',
      'database = index.txt',
      'new_certs_dir = .',
      'rand_serial = yes',
      'default_md = sha256',
      'policy = any',
      'unique_subject = no',
      '[any]',
      'commonName = supplied',
    ].join('\n'),
  )
  let issued = 0
  return {
    certificate: read('ca.pem'),
    issue(names, validity = 'now') {
      const file = `issued-${issued++}`
      writeFileSync(join(folder, `${file}.ext`), `subjectAltName=${names.join(',')}\nbasicConstraints=CA:FALSE\n`)
      openssl(folder, 'req', ...newKey, '-subj', '/CN=issued', '-keyout', `${file}.key`, '-out', `${file}.csr`)
      const span =
        validity === 'now' ? ['-days', '1'] : ['-startdate', '20200101000000Z', '-enddate', '20200102000000Z']
      const signing = ['-config', 'ca.conf', '-cert', 'ca.pem', '-keyfile', 'ca.key', '-extfile', `${file}.ext`]
      openssl(folder, 'ca', '-batch', '-notext', ...signing, ...span, '-in', `${file}.csr`, '-out', `${file}.pem`)
      return { certificate: read(`${file}.pem`), key: read(`${file}.key`) }
    },
    close() {
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
