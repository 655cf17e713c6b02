/** Asks before something unsaved is left behind. */

import { Dialog } from '../shared/pieces.tsx'
import { leavePlace, wanted } from '../shared/place.ts'

export function LeaveDialog() {
  if (wanted.value === undefined) return null
  const stay = () => {
    wanted.value = undefined
  }
  return (
    <Dialog title="Leave without saving?" onClose={stay}>
      <p>What you have changed here is not saved. It is lost when you leave.</p>
      <div class="row">
        <button type="button" class="main" onClick={stay}>
          Stay
        </button>
        <button type="button" class="danger" onClick={leavePlace}>
          Leave without saving
        </button>
      </div>
    </Dialog>
  )
}
