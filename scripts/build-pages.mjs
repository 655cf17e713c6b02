/**
 * Builds the pages into pages/built: one folder of hashed files for all of them, each text beside its Brotli form. Where production packages alone are installed there is no
 * builder; whoever ships without the pages ships a server whose `/` says so.
 *
 *   node scripts/build-pages.mjs [--required]
 */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants } from 'node:zlib'

const ROOT = fileURLToPath(new URL('../pages', import.meta.url))
const BUILT = join(ROOT, 'built')
const PAGES = ['index.html', 'first/index.html', 'desk/index.html', 'admin/index.html', 'supervisor/index.html']
/** Scripts that pages of others, and the frames of add-ins, name: they stay where they are called, whatever is in them. */
const NAMED = ['desk/sotto-desk.ts', 'add-in/frame.ts']
/** What a page without an origin loads: no module, since that would be asked for across origins; and nothing of it is a name in that page. */
const CLASSIC = 'add-in/frame.js'
const IS_TEXT = /\.(?:css|html|js|json|svg)$/

const builder = await import('vite').catch(() => undefined)
if (builder === undefined) {
  process.stderr.write('The pages are not built: vite is not installed (npm ci, without --omit=dev).\n')
  process.exit(process.argv.includes('--required') ? 1 : 0)
}
await builder.build({
  configFile: false,
  root: ROOT,
  logLevel: 'warn',
  // The content security policy has no leave for what stands within a page.
  build: {
    outDir: BUILT,
    emptyOutDir: true,
    assetsInlineLimit: 0,
    // A script that loads others ahead would look for them at the server of its page, which may be somebody else's.
    modulePreload: {
      polyfill: false,
      resolveDependencies: (_file, files, { hostType }) => (hostType === 'html' ? files : []),
    },
    target: 'es2022',
    rolldownOptions: {
      input: Object.fromEntries([...PAGES, ...NAMED].map((file) => [nameOf(file), join(ROOT, file)])),
      output: { entryFileNames: ({ name }) => `${namedAs(name) ?? 'assets/[name]-[hash]'}.js` },
    },
  },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
})
const classic = readFileSync(join(BUILT, CLASSIC), 'utf8')
if (/^(?:import|export)\b/m.test(classic)) throw new Error(`${CLASSIC} is not in one piece`)
writeFileSync(join(BUILT, CLASSIC), `(()=>{"use strict";${classic}})()\n`)
for (const name of readdirSync(BUILT, { recursive: true, encoding: 'utf8' })) {
  if (!IS_TEXT.test(name)) continue
  const text = readFileSync(join(BUILT, name))
  const small = brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } })
  writeFileSync(join(BUILT, `${name}.br`), small)
}

function nameOf(file) {
  return file.replace(/(?:\/?index\.html|\.ts)$/, '').replaceAll('/', '.') || 'door'
}

function namedAs(name) {
  return NAMED.find((file) => nameOf(file) === name)?.replace(/\.ts$/, '')
}
