import Fastify from 'fastify'
import t from 'tap'
import { Secret } from '../../src/base/secret.ts'
import { addConfigRoutes, type ConfigDoor } from '../../src/web/config-routes.ts'
import { createConfiguredTokens } from '../../src/web/configured-tokens.ts'

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

t.test('tokens are replaced, and streams look anew who still may listen', async (t) => {
  const [desk, wall] = [new Secret('token-of-the-desk-1'), new Secret('token-of-the-wall-1')]
  const tokens = createConfiguredTokens([
    { name: 'desk', token: desk },
    { name: 'wall', token: wall },
  ])
  t.match(tokens.find('token-of-the-desk-1'), { by: 'configured-token', name: 'desk', keyId: 'desk' })
  let told = 0
  const stop = tokens.subscribe(() => {
    told += 1
  })
  tokens.replace([
    { name: 'wall', token: wall },
    { name: 'desk', token: new Secret('token-of-the-desk-2') },
  ])
  t.equal(told, 1)
  t.equal(tokens.find('token-of-the-desk-1'), undefined)
  t.match(
    [tokens.find('token-of-the-desk-2'), tokens.find('token-of-the-wall-1')],
    [{ name: 'desk' }, { name: 'wall' }],
  )
  stop()
  tokens.replace([])
  t.equal(told, 1)
  t.equal(tokens.find(''), undefined, 'no tokens: nobody')
})
