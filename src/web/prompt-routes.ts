/** The API for prompts: listening to them, replacing them by a recording or by words, taking that back, and what became of them. */

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import { fault } from '../base/fault.ts'
import type { Directory, PastChange } from '../directory/index.ts'
import type { Prompt, PromptPlace, Prompts } from '../prompts/index.ts'
import { shownChange } from './directory-view.ts'
import { etagOf, expectedBy } from './etag.ts'
import { asking } from './me-routes.ts'
import { PROBLEM_TYPE, problemOf } from './problem.ts'
import { door } from './route.ts'

export type PromptDoor = Omit<Prompts, 'close'> & {
  /** Ids of the published flows that may say each clip. */
  readonly saidBy: () => ReadonlyMap<string, readonly string[]>
}

const MOST_BYTES = 8_000_000
const PAGE_CHANGES = 100
const closed = { additionalProperties: false } as const
const maybe = Type.Optional

const aPrompt = Type.Object(
  {
    language: Type.String(),
    name: Type.String(),
    text: maybe(Type.String()),
    source: maybe(Type.Enum(['synthesised', 'recorded'])),
    from: Type.Enum(['shipped', 'folder', 'store'], {
      description: 'Came with Sotto, was put into the folder by hand, or over this API.',
    }),
    etag: Type.String(),
    seconds: Type.Number(),
    sampleRate: Type.Integer(),
    peakDbfs: Type.Number(),
    rmsDbfs: Type.Number(),
    speechDbm0: Type.Number({ description: 'Level without the pauses.' }),
    flaws: Type.Array(Type.String()),
    flows: Type.Array(Type.String(), { description: 'Published flows that may say it.' }),
  },
  closed,
)
const aLanguage = Type.Object(
  {
    language: Type.String(),
    voice: Type.String(),
    complete: Type.Boolean(),
    missing: Type.Array(Type.String(), { description: 'Clips of the card flow that it lacks.' }),
  },
  closed,
)
const somePrompts = Type.Object({ languages: Type.Array(aLanguage), prompts: Type.Array(aPrompt) }, closed)
const someChanges = Type.Object(
  { changes: Type.Array(Type.Object({ at: Type.String() })), next: maybe(Type.Integer()) },
  closed,
)
const aList = Type.Object({ language: maybe(Type.String({ maxLength: 40 })) }, closed)
const aRecording = Type.Object({ text: maybe(Type.String({ maxLength: 1000 })) }, closed)
const someWords = Type.Object({ text: Type.String({ maxLength: 1000 }) }, closed)
const aPage = Type.Object({ skip: maybe(Type.String({ pattern: '^[0-9]{1,6}$' })) }, closed)

type At = { Params: PromptPlace }
const SOUND = { media: 'audio/wav' } as const

/** Adds the routes. */
export function addPromptRoutes(
  api: FastifyInstance,
  prompts: PromptDoor,
  directory: Pick<Directory, 'history'>,
): void {
  const path = '/api/v1/prompts/:language/:name'
  const shown = ({ tag, ...prompt }: Prompt, saidBy = prompts.saidBy()) => ({
    ...prompt,
    etag: etagOf(tag),
    flows: saidBy.get(prompt.name) ?? [],
  })

  api.get<{ Querystring: Static<typeof aList> }>(
    '/api/v1/prompts',
    {
      ...door('prompts:read', 'Prompts by language, with their words, levels and flaws.', { 200: somePrompts }),
      schema: { querystring: aList },
    },
    async ({ query }) => {
      const { languages, prompts: found } = await prompts.list(query.language)
      const saidBy = prompts.saidBy()
      return {
        languages: languages.map((each) => ({ ...each, complete: each.missing.length === 0 })),
        prompts: found.map((prompt) => shown(prompt, saidBy)),
      }
    },
  )
  api.get<At>(path, door('prompts:read', 'A prompt.', { 200: aPrompt }), async ({ params }, reply) => {
    const prompt = found(await prompts.one(params))
    return reply.header('etag', etagOf(prompt.tag)).send(shown(prompt))
  })
  api.get<At>(
    `${path}/audio`,
    door('prompts:read', 'The sound of a prompt.', { 200: SOUND }),
    async (request, reply) => {
      const { octets, tag } = found(await prompts.sound(request.params))
      reply.header('etag', etagOf(tag))
      if (request.headers['if-none-match'] === etagOf(tag)) return reply.status(304).send()
      return reply.type(SOUND.media).send(Buffer.from(octets))
    },
  )
  api.get<At & { Querystring: Static<typeof aPage> }>(
    `${path}/history`,
    {
      ...door('prompts:read', 'What became of a prompt over this API, newest first.', { 200: someChanges }),
      schema: { querystring: aPage },
    },
    async ({ params: { language, name }, query }) => {
      const skip = Number(query.skip ?? 0)
      const question = { kind: 'prompts', name: `${language}/${name}`, skip, limit: PAGE_CHANGES + 1 } as const
      const changes: readonly PastChange[] = await directory.history(question)
      return {
        changes: changes.slice(0, PAGE_CHANGES).map(shownChange),
        ...(changes.length > PAGE_CHANGES ? { next: skip + PAGE_CHANGES } : {}),
      }
    },
  )
  addChanges(api, prompts, path, shown)
}

function addChanges(api: FastifyInstance, prompts: PromptDoor, path: string, shown: (prompt: Prompt) => object): void {
  const written = { 200: aPrompt, 201: aPrompt }
  const answer = (reply: FastifyReply, done: Awaited<ReturnType<Prompts['record']>>, isNew: boolean) => {
    if ('refused' in done) {
      const problem = { ...problemOf(fault(done.refused)), problems: done.problems }
      return reply.status(problem.status).type(PROBLEM_TYPE).send(problem)
    }
    return reply
      .status(isNew ? 201 : 200)
      .header('etag', etagOf(done.tag))
      .send(shown(done))
  }
  const by = (request: FastifyRequest) => {
    const expected = expectedBy(request.headers)
    if (expected === undefined) throw fault('directory.no-precondition')
    return { by: asking(request).name, expected }
  }

  // Only this route reads a body that is no JSON, and so large a one.
  void api.register(async (scope) => {
    scope.addContentTypeParser(
      ['audio/wav', 'audio/x-wav', 'audio/wave', 'audio/vnd.wave'],
      { parseAs: 'buffer', bodyLimit: MOST_BYTES },
      (_request, body, done) => done(null, body),
    )
    scope.put<At & { Querystring: Static<typeof aRecording>; Body: unknown }>(
      `${path}/audio`,
      {
        ...door(
          'prompts:write',
          'Puts a recording into the place of a prompt (If-Match), or makes one (If-None-Match: *); in force with the next session.',
          written,
          { does: 'prompt-recorded' },
        ),
        schema: { querystring: aRecording },
        bodyLimit: MOST_BYTES,
        errorHandler: (error) => {
          throw isTooLarge(error) ? fault('prompts.too-large') : error
        },
      },
      async (request, reply) => {
        const { body, params, query } = request
        if (!(body instanceof Uint8Array)) throw fault('prompts.not-wav')
        const how = by(request)
        return answer(reply, await prompts.record(params, body, query.text, how), how.expected === 'none')
      },
    )
  })
  api.post<At & { Body: Static<typeof someWords> }>(
    `${path}/synthesis`,
    {
      ...door(
        'prompts:write',
        'Has words said by the synthesiser of this machine, as a prompt (If-Match, or If-None-Match: *).',
        written,
        {
          does: 'prompt-synthesised',
        },
      ),
      schema: { body: someWords },
    },
    async (request, reply) => {
      const how = by(request)
      return answer(reply, await prompts.speak(request.params, request.body.text, how), how.expected === 'none')
    },
  )
  api.post<At & { Body: Static<typeof someWords> }>(
    `${path}/preview`,
    {
      ...door(
        'prompts:write',
        'What words would sound like; nothing is kept.',
        { 200: SOUND },
        { does: 'prompt-tried' },
      ),
      schema: { body: someWords },
    },
    async (request, reply) => {
      const sound = await prompts.preview(request.params.language, request.body.text)
      return sound instanceof Uint8Array
        ? reply.type(SOUND.media).send(Buffer.from(sound))
        : answer(reply, sound, false)
    },
  )
  api.delete<At>(
    path,
    door(
      'prompts:write',
      'Takes back what was put there over this API (If-Match): what was there before is answered, where something was.',
      { 200: aPrompt, 204: 'empty' },
      { does: 'prompt-taken-back' },
    ),
    async (request, reply) => {
      const left = await prompts.takeBack(request.params, by(request))
      return left === undefined ? reply.status(204).send() : answer(reply, left, false)
    },
  )
}

function isTooLarge(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'statusCode' in error && error.statusCode === 413
}

function found<T>(value: T | undefined): T {
  if (value === undefined) throw fault('prompts.not-found')
  return value
}
