/** The pages for people: where one logs in, the desk, the supervisor's page and the administration. They are files that everybody may have; what they show, they ask the API for. */

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { fault } from '../base/fault.ts'
import type { PageFile, PageFiles } from './page-files.ts'
import { door } from './route.ts'
import { FOR_EVERY_ORIGIN, PAGE_POLICY, RECORDING_PERMISSIONS } from './security-headers.ts'

const PLACES = ['', 'first', 'desk', 'supervisor', 'admin'] as const
/** The name says the content. */
const FOREVER = 'public, max-age=31536000, immutable'

/** Adds the routes. */
export function addPageRoutes(api: FastifyInstance, { pages, assets, named }: PageFiles): void {
  for (const place of PLACES) {
    const html = door('nothing', `The page at /${place}.`, { 200: { media: 'text/html' } })
    api.get(place === '' ? '/' : `/${place}/`, html, async (request, reply) => {
      const page = pages.get(place)
      if (page === undefined) throw fault('web.pages-not-built')
      if (place === 'admin') reply.header('permissions-policy', RECORDING_PERMISSIONS)
      return send(
        request,
        reply.header('content-security-policy', PAGE_POLICY).header('cache-control', 'no-cache'),
        page,
      )
    })
    if (place !== '')
      api.get(`/${place}`, door('nothing', `Leads to /${place}/.`, { 308: 'empty' }), async (_request, reply) =>
        reply.redirect(`/${place}/`, 308),
      )
  }
  const script = door('nothing', 'A script for pages of others.', { 200: { media: 'text/javascript' } })
  for (const [place, content] of named)
    api.get(`/${place}`, script, async (request, reply) =>
      send(request, reply.header('cache-control', 'no-cache').header(...FOR_EVERY_ORIGIN), content),
    )
  const file = door('nothing', 'A file of the pages.', { 200: { media: 'application/octet-stream' } })
  api.get<{ Params: { name: string } }>('/assets/:name', file, async (request, reply) => {
    const asset = assets.get(request.params.name)
    if (asset === undefined) throw fault('web.not-found')
    return send(request, reply.header('cache-control', FOREVER), asset)
  })
}

function send(request: FastifyRequest, reply: FastifyReply, { type, content, brotli, etag }: PageFile): FastifyReply {
  reply.header('etag', etag).header('vary', 'origin, accept-encoding')
  if (request.headers['if-none-match'] === etag) return reply.status(304).send()
  const takesBrotli = /\bbr\b/.test(String(request.headers['accept-encoding'] ?? ''))
  if (takesBrotli && brotli !== undefined) return reply.type(type).header('content-encoding', 'br').send(brotli)
  return reply.type(type).send(content)
}
