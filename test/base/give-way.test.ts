import { getPriority } from 'node:os'
import { Worker } from 'node:worker_threads'
import t from 'tap'

const ASKING = `
  import { getPriority } from 'node:os'
  import { parentPort } from 'node:worker_threads'
  import { giveWay } from '${new URL('../../src/base/give-way.ts', import.meta.url)}'
  giveWay()
  parentPort.postMessage(getPriority())
`

t.test('a thread goes behind, and the process stays where it is', async (t) => {
  const before = getPriority()
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(ASKING)}`))
  const [priority] = await new Promise<[number]>((told) => worker.once('message', (message: number) => told([message])))
  t.equal(getPriority(), before)
  t.equal(priority, process.platform === 'linux' ? Math.max(5, before) : before)
  await worker.terminate()
})
