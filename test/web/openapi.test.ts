import t from 'tap'
import { scopes } from '../../src/people/index.ts'
import type { ApiDocument } from '../../src/web/openapi.ts'
import { checkedServer } from './checked-server.ts'
import { bearer, webBench } from './web-bench.ts'

const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'] as const

function served() {
  const app = checkedServer(webBench().options)
  const routes: string[] = []
  // Written by Fastify itself, from what it routes by.
  return { app, routes, tree: () => app.printRoutes({ commonPrefix: false, includeHooks: false }) }
}

async function documentIn(app: ReturnType<typeof served>['app']): Promise<ApiDocument> {
  return (await app.inject({ url: '/api/v1/openapi.json' })).json()
}

/** @returns every method and path out of the tree that Fastify prints. */
function routesIn(tree: string): string[] {
  const at: string[] = []
  return tree.split('\n').flatMap((line) => {
    const [, indent = '', path = '', methods] = /^([\s│]*)[├└]── (\S*?)(?: \(([A-Z, ]+)\))?$/.exec(line) ?? []
    if (line.trim() === '' || path === '') return []
    const depth = indent.length / 4
    at.length = depth
    at[depth] = path
    return (methods ?? '')
      .split(', ')
      .filter((method) => method !== '' && method !== 'HEAD')
      .map((method) => `${method} ${at.join('')}`)
  })
}

t.test('every route is in the document, and nothing else', async (t) => {
  const { app, tree } = served()
  await app.ready()
  const { paths, openapi } = await documentIn(app)
  t.equal(openapi, '3.1.0')
  const documented = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`),
  )
  const routed = routesIn(tree())
  t.ok(routed.length > 40, `${routed.length} routes were found`)
  t.same(documented.toSorted(), routed.toSorted())
})

t.test('every operation says who may, what it is for, what it takes and what it answers', async (t) => {
  const { app } = served()
  const { paths } = await documentIn(app)
  const ids = new Set<unknown>()
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const name = `${method} ${path}`
      const demand = operation['x-requires']
      t.ok(
        demand === undefined || demand === 'anybody' || scopes.some((scope) => scope === demand),
        `${name}: ${demand}`,
      )
      t.match(operation['summary'], /\.$/, name)
      t.ok(Object.keys(operation['responses'] as object).length >= 2, name)
      ids.add(operation['operationId'])
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, each]) => each)
      t.match(
        operation['parameters'],
        inPath.map((each) => ({ name: each, in: 'path', required: true })),
        name,
      )
    }
  }
  t.equal(ids.size, Object.values(paths).flatMap((methods) => Object.keys(methods)).length, 'each has an id of its own')
})

t.test('who has proved nothing gets nothing out of any route but those that say so', async (t) => {
  const { app } = served()
  const { paths } = await documentIn(app)
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      if (JSON.stringify(operation['security']) === '[]') continue
      const url = path.replace(/\{\w+\}/g, 'something')
      const answer = await app.inject({ method: method.toUpperCase() as 'GET', url })
      t.equal(answer.statusCode, 401, `${method} ${url}`)
    }
  }
})

t.test('what is not in the document does not answer', async (t) => {
  const { app } = served()
  const { paths } = await documentIn(app)
  const urls = [
    ...Object.keys(paths),
    '/',
    '/api',
    '/api/v1',
    '/api/v2/calls',
    '/api/v1/callsx',
    '/.git/config',
    '/metrics/',
  ]
  for (const path of urls) {
    for (const method of METHODS) {
      if (paths[path]?.[method.toLowerCase()] !== undefined) continue
      const answer = await app.inject({ method, url: path.replace(/\{\w+\}/g, 'something'), headers: bearer })
      t.equal(answer.statusCode, 404, `${method} ${path}`)
    }
  }
})

/** They ask with a body, and change nothing. */
const ASKING = ['/api/v1/flow-texts/check', '/api/v1/flow-texts/dry-run']

t.test('a route that changes something has a word in the access log', async (t) => {
  const { app } = served()
  const silent: string[] = []
  app.addHook('onRequest', async (request) => {
    const { door } = request.routeOptions.config
    if (door !== undefined && door.does === undefined && request.method !== 'GET' && !ASKING.includes(request.url))
      silent.push(request.url)
  })
  const { paths } = await documentIn(app)
  for (const [path, methods] of Object.entries(paths))
    for (const method of Object.keys(methods)) await app.inject({ method: method.toUpperCase() as 'GET', url: path })
  t.same(silent, [])
})
