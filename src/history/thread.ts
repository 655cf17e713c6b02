/**
 * Entry of the threads that touch the disk for the call history: one writes, one reads when somebody asks. SQLite waits for the disk, and
 * signalling must not.
 *
 * Orders are carried out one after the other; each is answered with what it gave, or with the code of a fault.
 */

import { parentPort, workerData } from 'node:worker_threads'
import { asFault } from '../base/fault.ts'
import { giveWay } from '../base/give-way.ts'
import { countIn } from './counting.ts'
import type { HistoryAnswer, HistoryOrder, ThreadTerms } from './orders.ts'
import { readPageOf } from './reading.ts'
import { HistoryStore } from './store.ts'

giveWay()

const { file, boot } = workerData as ThreadTerms
const store = new HistoryStore(file, boot)

function carryOut(order: HistoryOrder): HistoryAnswer['gave'] {
  switch (order.do) {
    case 'write':
      store.write(order.rows)
      return undefined
    case 'forget':
      return store.forget(order.beforeMs)
    case 'page':
      return readPageOf(file, order.query)
    case 'count':
      return countIn(file, order.query)
    case 'close':
      store.close()
      return undefined
  }
}

function answerTo(order: HistoryOrder): HistoryAnswer {
  try {
    return { gave: carryOut(order), fault: undefined }
  } catch (thrown) {
    return { gave: undefined, fault: asFault(thrown).code }
  }
}

parentPort?.on('message', (order: HistoryOrder) => parentPort?.postMessage(answerTo(order)))
