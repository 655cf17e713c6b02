import t from 'tap'
import { compileCacheBeside, compileCacheOf } from '../../src/base/compile-cache.ts'

t.test('the compile cache lies among the packages of the program', async (t) => {
  const variable = compileCacheBeside('/opt/sotto/')
  t.strictSame(variable, { NODE_COMPILE_CACHE: '/opt/sotto/node_modules/.cache/sotto' })
  t.strictSame(compileCacheOf({ HOME: '/root', ...variable }), variable, 'handed on, and nothing else')
  t.strictSame(compileCacheOf({ HOME: '/root' }), {})
})
