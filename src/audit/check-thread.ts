/** Entry of the thread that checks records when somebody asks: reading files and checking signatures must not hold signalling up. */

import { parentPort } from 'node:worker_threads'
import { giveWay } from '../base/give-way.ts'
import { checkSession, type SessionCheck, type SessionQuestion } from './session-check.ts'

export type CheckAnswer = { readonly check: SessionCheck } | { readonly failed: true }

giveWay()
parentPort?.on('message', (question: SessionQuestion) => parentPort?.postMessage(answerTo(question)))

function answerTo(question: SessionQuestion): CheckAnswer {
  try {
    return { check: checkSession(question) }
  } catch {
    return { failed: true }
  }
}
