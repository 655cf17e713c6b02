/** Spare pairs of a media process in earnest, which control takes and has closed. */

import { fork } from 'node:child_process'
import t from 'tap'
import { openRtpPhone } from '../../src/demo/rtp-phone.ts'
import { until } from '../../src/demo/waiting.ts'
import { ignore, makePool } from '../peers/media-pool.ts'

t.setTimeout(120_000)

t.test('a spare that something comes to is given to nobody', async (t) => {
  const said: { readonly type?: string }[] = []
  const pool = makePool({
    fork: (...given) => {
      const child = fork(...given)
      child.on('message', (message) => void said.push(...([message].flat() as typeof said)))
      return child
    },
  })
  await pool.start()
  t.teardown(() => pool.close())
  const place = pool.place()
  const first = await place.open('IPv4', ignore)
  const { rtpPort } = first
  first.close()
  const hasSaid = (type: string) => said.some((message) => message.type === type)
  await until(() => hasSaid('spares'), 'a spare pair', 30_000)
  const phone = await openRtpPhone()
  t.teardown(() => phone.close())
  phone.talkTo('127.0.0.1', rtpPort)
  await until(() => hasSaid('strayed'), 'that something comes to it', 30_000)
  t.not((await place.open('IPv4', ignore)).rtpPort, rtpPort)
})
