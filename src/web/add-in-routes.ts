/** The API for add-ins: which there are and how they do, loading them anew; and their files, which everybody may have, for the frames that they run in. */

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { AddIn, AddIns, Registered } from '../add-ins/index.ts'
import { fault } from '../base/fault.ts'
import type { Directory } from '../directory/index.ts'
import { framePage, framePolicy } from './add-in-frame.ts'
import { door } from './route.ts'
import { FOR_EVERY_ORIGIN } from './security-headers.ts'
import { HTML_TYPE } from './sign-on-page.ts'

const closed = { additionalProperties: false } as const
const maybe = Type.Optional
const anAddIn = Type.Object(
  {
    name: Type.String(),
    version: maybe(Type.String({ description: 'Of what is in use; absent where nothing was ever right.' })),
    title: maybe(Type.String()),
    attributes: Type.Array(Type.String(), { description: 'What of a call it is given.' }),
    lookups: Type.Array(Type.String()),
    state: Type.Enum(['loaded', 'refused'], {
      description: 'Of the last try: a refused one leaves the version before in use.',
    }),
    problems: Type.Array(
      Type.Object({ file: Type.String(), place: Type.String(), says: Type.String(), advice: Type.String() }, closed),
    ),
    loadedAt: maybe(Type.String()),
    forms: Type.Array(Type.String(), { description: 'Names of the forms that use it.' }),
    health: Type.Object(
      {
        count: Type.Integer({ description: 'Lookups since the server started.' }),
        failed: Type.Integer({ description: 'Of them, those that came to nothing through no fault of whoever asked.' }),
        lastProblem: maybe(
          Type.Object({ lookup: Type.String(), code: Type.String(), title: Type.String(), at: Type.String() }, closed),
        ),
      },
      closed,
    ),
  },
  closed,
)
const someAddIns = Type.Object({ addIns: Type.Array(anAddIn) }, closed)

type Version = { name: string; version: string }

/** @param embedders origins of pages that have the desk within them. */
export function addAddInRoutes(
  api: FastifyInstance,
  addIns: AddIns,
  directory: Pick<Directory, 'picture'>,
  embedders: readonly string[],
): void {
  const shown = () => ({ addIns: addIns.list().map((each) => shownAddIn(each, addIns, directory)) })
  api.get(
    '/api/v1/add-ins',
    door('directory:read', 'Add-ins that draw custom forms, and how they do.', { 200: someAddIns }),
    async () => shown(),
  )
  api.post(
    '/api/v1/add-ins/load',
    door(
      'config:write',
      'Reads the folder of add-ins anew; one that is broken leaves the version before in use.',
      { 200: someAddIns },
      { does: 'add-ins-loaded' },
    ),
    async () => {
      await addIns.load()
      return shown()
    },
  )

  const found = ({ name, version }: Version): AddIn => {
    const addIn = addIns.find(name)
    if (addIn === undefined || addIn.manifest.version !== version) throw fault('web.not-found')
    return addIn
  }
  api.get<{ Params: Version }>(
    '/add-ins/:name/:version/frame',
    door('nothing', 'The page that the frame of an add-in is.', { 200: { media: 'text/html' } }),
    async (request, reply) => {
      const addIn = found(request.params)
      return reply
        .header('content-security-policy', framePolicy(addIn, originOf(request), embedders))
        .header('cache-control', 'no-cache')
        .header('x-frame-options', 'SAMEORIGIN')
        .header('x-dns-prefetch-control', 'off')
        .header(...FOR_EVERY_ORIGIN)
        .type(HTML_TYPE)
        .send(framePage(addIn))
    },
  )
  api.get<{ Params: Version & { file: string } }>(
    '/add-ins/:name/:version/:file',
    door('nothing', 'A file of an add-in.', { 200: { media: 'application/octet-stream' } }),
    async (request, reply) => {
      const file = found(request.params).files.get(request.params.file)
      if (file === undefined) throw fault('web.not-found')
      return sendFile(request, reply, file)
    },
  )
}

function sendFile(
  request: FastifyRequest,
  reply: FastifyReply,
  { type, content, etag }: { readonly type: string; readonly content: Buffer; readonly etag: string },
): FastifyReply {
  // The same version may have another content tomorrow, while it is being made.
  reply
    .header('etag', etag)
    .header('cache-control', 'no-cache')
    .header(...FOR_EVERY_ORIGIN)
  if (request.headers['if-none-match'] === etag) return reply.status(304).send()
  return reply.type(type).send(content)
}

/** @throws Fault `web.bad-host` for what would write something else into the policy */
function originOf({ protocol, host }: FastifyRequest): string {
  if (!/^(?:[A-Za-z0-9.-]{1,255}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?$/.test(host)) throw fault('web.bad-host')
  return `${protocol}://${host}`
}

function shownAddIn(
  { name, addIn, state, problems, loadedAtMs }: Registered,
  { health }: AddIns,
  directory: Pick<Directory, 'picture'>,
): object {
  const { version, title, attributes = [], lookups = {} } = addIn?.manifest ?? {}
  const { count, failed, lastProblem } = health(name)
  return {
    ...{ name, version, title, attributes, lookups: Object.keys(lookups), state, problems },
    ...(loadedAtMs === undefined ? {} : { loadedAt: new Date(loadedAtMs).toISOString() }),
    forms: [...directory.picture().entries.forms.values()]
      .filter(({ body }) => body.type === 'custom' && body.component === name)
      .map((form) => form.name),
    health: {
      ...{ count, failed },
      ...(lastProblem === undefined
        ? {}
        : {
            lastProblem: {
              ...{ lookup: lastProblem.lookup, code: lastProblem.code, title: fault(lastProblem.code).row.title },
              at: new Date(lastProblem.atMs).toISOString(),
            },
          }),
    },
  }
}
