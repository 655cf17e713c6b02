/** Entry of the thread that works on sound. */

import { parentPort } from 'node:worker_threads'
import { giveWay } from '../base/give-way.ts'
import { carryOut, type SoundOrder } from './sound.ts'

giveWay()
parentPort?.on('message', (order: SoundOrder) => parentPort?.postMessage(carryOut(order)))
