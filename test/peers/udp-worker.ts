/** A context of its own with a `UdpBatch`: opens sockets, tells their ports, counts what comes, and leaves everything open when it is ended. */

import { parentPort, workerData } from 'node:worker_threads'
import { drainOnce, implementationOf } from './udp-implementations.ts'

const { name, sockets } = workerData as { readonly name: string; readonly sockets: number }
const udp = implementationOf(name).make()
const ports: number[] = []
for (let i = 0; i < sockets; i++) {
  const open = await udp.open('IPv4', '127.0.0.1', 0)
  if (typeof open === 'string') throw new Error(open)
  ports.push(open.port)
}
const marks: number[] = []
setInterval(() => {
  const some = drainOnce(udp)
  if (some.length === 0) return
  marks.push(...some.map(({ octets }) => octets[0] as number))
  parentPort?.postMessage({ marks })
}, 1)
parentPort?.postMessage({ ports })
