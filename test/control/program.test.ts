import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { digestOf } from '../../src/base/digest.ts'
import { programDigest } from '../../src/control/program.ts'

t.test('the digest of a program is that of the names and digests of its files, in order', (t) => {
  const folder = t.testdir({})
  // Longer than what is read at a time.
  const long = 'x'.repeat(150_000)
  mkdirSync(join(folder, 'b'))
  writeFileSync(join(folder, 'b', 'two.ts'), long)
  writeFileSync(join(folder, 'a.ts'), 'one')
  writeFileSync(join(folder, 'empty.ts'), '')
  const digest = programDigest(folder)
  t.equal(digest, digestOf(`/a.ts ${digestOf('one')}\n/b/two.ts ${digestOf(long)}\n/empty.ts ${digestOf('')}\n`))
  writeFileSync(join(folder, 'b', 'two.ts'), `${long.slice(1)}y`)
  t.not(programDigest(folder), digest, 'one octet makes another')
  t.end()
})
