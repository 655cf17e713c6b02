import t from 'tap'
import { checkedServer } from './checked-server.ts'
import { webBench } from './web-bench.ts'

t.test(
  'an API token does nothing to the ways in of its user: the scopes that it lacks are lacking there, too',
  async (t) => {
    const { options, withPassword, loggedIn } = webBench()
    const app = checkedServer(options)
    await withPassword('root')
    const headers = { 'sotto-request': '1', cookie: `sotto=${(await loggedIn('root')).cookie}` }
    const make = async (name: string, scopes: readonly string[]) => {
      const wish = { name, scopes, days: 7 }
      const made = await app.inject({ method: 'POST', url: '/api/v1/tokens', headers, payload: wish })
      const { token, tokenId } = made.json()
      return { tokenId, url: `/api/v1/tokens/${tokenId}`, held: { authorization: `Bearer ${token}` } }
    }
    const leaked = await make('metrics', ['metrics:read'])
    const other = await make('other', ['calls:read'])
    const ruler = await make('ruler', ['tokens:write'])
    const ask = (who: { held: object }, url: string, method: 'GET' | 'DELETE' = 'GET') =>
      app.inject({ method, url, headers: { ...who.held } })
    const refused = async (who: { held: object }, method: 'GET' | 'DELETE', url: string) => {
      const answer = await ask(who, url, method)
      t.strictSame([answer.statusCode, answer.json().code], [403, 'web.forbidden'], `${method} ${url}`)
    }
    await refused(leaked, 'GET', '/api/v1/me/log-ins')
    await refused(leaked, 'DELETE', '/api/v1/me/log-ins')
    await refused(ruler, 'DELETE', '/api/v1/me/log-ins')
    await refused(leaked, 'DELETE', other.url)
    t.equal((await app.inject({ url: '/api/v1/me', headers })).statusCode, 200, 'he is logged in still')
    const ids = async (who: { held: object }) =>
      (await ask(who, '/api/v1/tokens')).json().tokens.map(({ tokenId }: { tokenId: string }) => tokenId)
    t.strictSame(await ids(leaked), [leaked.tokenId], 'itself alone')
    t.equal((await ids(ruler)).length, 3)
    t.equal((await ask(ruler, other.url, 'DELETE')).statusCode, 204)
    t.equal((await ask(leaked, leaked.url, 'DELETE')).statusCode, 204, 'who finds one may end it')
    t.equal((await ask(leaked, '/metrics')).statusCode, 401)
    t.equal((await app.inject({ method: 'DELETE', url: ruler.url, headers })).statusCode, 204)
  },
)
