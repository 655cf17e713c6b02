/** RSA keys with their certificates, made by the `openssl` command as an administrator would make them, in a folder that is removed. */

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Both PEM. */
export type RecordingKey = { readonly certificate: string; readonly key: string }

export type Openssl = {
  readonly folder: string
  /** Runs it in the folder. @returns what it wrote. @throws Error when it fails. */
  run(...words: string[]): Buffer
  write(file: string, content: string | Uint8Array): void
  read(file: string): string
  /** A self-signed certificate, which stays in the folder as `NAME.pem` with `NAME.key`. @param words more of `openssl req`. */
  selfSigned(name: string, algorithm?: readonly string[], ...words: string[]): RecordingKey
  close(): void
}

export const rsa = (bits: number) => ['-newkey', `rsa:${bits}`]

export function openssl(): Openssl {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-recording-'))
  const run = (...words: string[]) => execFileSync('openssl', words, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  const read = (file: string) => readFileSync(join(folder, file), 'utf8')
  return {
    folder,
    run,
    read,
    write: (file, content) => writeFileSync(join(folder, file), content),
    selfSigned(name, algorithm = rsa(2048), ...words) {
      const files = ['-keyout', `${name}.key`, '-out', `${name}.pem`]
      run(
        'req',
        '-x509',
        ...algorithm,
        '-nodes',
        '-days',
        '30',
        '-subj',
        `/O=Ärzte & Co/CN=${name}`,
        ...files,
        ...words,
      )
      return { certificate: read(`${name}.pem`), key: read(`${name}.key`) }
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  }
}
