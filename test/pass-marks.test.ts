/** What `docs/PASS-MARKS.md` says is shown somewhere is there: every file, and every story in it by its name. */

import { existsSync, readFileSync } from 'node:fs'
import t from 'tap'

const root = new URL('../', import.meta.url)
const text = readFileSync(new URL('docs/PASS-MARKS.md', root), 'utf8')
const rows = text.split('\n').filter((line) => /^\| R-\d/.test(line))

t.test('every mark is shown by something that exists', async (t) => {
  t.ok(rows.length > 15)
  for (const row of rows) {
    const [mark = '', , shown = ''] = row.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, ''))
    const named = shown.split('; ').map((each) => /^`([^`]+)`((?: "[^"]+")*)$/.exec(each.trim()))
    for (const found of named) {
      t.ok(found, `${mark}: ${shown} reads as files with stories`)
      const [, file = '', stories = ''] = found ?? []
      t.ok(existsSync(new URL(file, root)), `${mark}: ${file}`)
      const source = existsSync(new URL(file, root)) ? readFileSync(new URL(file, root), 'utf8') : ''
      for (const [, story = ''] of stories.matchAll(/"([^"]+)"/g))
        t.ok(source.includes(story), `${mark}: ${file}: ${story}`)
    }
  }
})
