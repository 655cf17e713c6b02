import Fastify from 'fastify'
import t from 'tap'
import { Secret } from '../../src/base/secret.ts'
import { createTokenGuard } from '../../src/web/auth.ts'
import { addConfigRoutes, type ConfigDoor } from '../../src/web/config-routes.ts'

async function reloaded(reload: ConfigDoor['reload']) {
  const api = Fastify()
  addConfigRoutes(api as unknown as Parameters<typeof addConfigRoutes>[0], { reload })
  return api.inject({ method: 'POST', url: '/api/v1/config/reload' })
}

t.test('a reload says what was applied and what needs a restart', async (t) => {
  const answer = await reloaded(async () => ({
    result: 'reloaded',
    applied: [{ setting: 'log.level', change: 'changed' }],
    needsRestart: [{ setting: 'media.portMin', change: 'changed' }],
  }))
  t.equal(answer.statusCode, 200)
  t.strictSame(answer.json(), {
    applied: [{ setting: 'log.level', change: 'changed' }],
    needsRestart: [{ setting: 'media.portMin', change: 'changed' }],
  })
})

t.test('a refusal is problem+json with every mistake', async (t) => {
  const problems = [{ key: 'log.level', says: 'No.', advice: 'Yes.', line: 2 }]
  const wrong = await reloaded(async () => ({ result: 'refused', fault: 'config.not-valid', problems }))
  t.equal(wrong.statusCode, 422)
  t.match(wrong.headers['content-type'], 'application/problem+json')
  t.match(wrong.json(), { code: 'config.not-valid', status: 422, problems })
  const unread = await reloaded(async () => ({ result: 'refused', fault: 'config.not-readable', problems: [] }))
  t.equal(unread.statusCode, 500)
  t.match(unread.json(), { code: 'config.not-readable', problems: [] })
})

t.test('tokens are replaced, and whoever listens with one that is gone is cut off', async (t) => {
  const guard = createTokenGuard([new Secret('token-of-the-desk-1'), new Secret('token-of-the-wall-1')])
  const ended: string[] = []
  guard.watch('Bearer token-of-the-desk-1', () => ended.push('desk'))
  guard.watch('Bearer token-of-the-wall-1', () => ended.push('wall'))
  const forget = guard.watch('Bearer token-of-the-desk-1', () => ended.push('gone before'))
  forget()
  guard.replace([new Secret('token-of-the-wall-1'), new Secret('token-of-the-desk-2')])
  t.strictSame(ended, ['desk'])
  t.notOk(guard.allows('Bearer token-of-the-desk-1'))
  t.ok(guard.allows('Bearer token-of-the-desk-2'))
  t.ok(guard.allows('Bearer token-of-the-wall-1'))
  guard.replace([])
  t.notOk(guard.allows('Bearer '), 'no tokens: nobody')
})
