/** Entry of the thread that works on sound. */

import { parentPort } from 'node:worker_threads'
import { carryOut, type SoundOrder } from './sound.ts'

parentPort?.on('message', (order: SoundOrder) => parentPort?.postMessage(carryOut(order)))
