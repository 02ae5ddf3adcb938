// The person as researcher: the lab waits for a program in its queue, and proposes nothing by itself.

import { LabError } from '../../core/errors'
import type { Controller } from '../types'

/** A controller whose turn is the person's: programs come through the queue, past every controller. */
export function createHuman(): Controller {
  return {
    name: 'human',
    // the lab proposes no ideas in a person's place
    takesOrders: true,
    async propose() {
      throw new LabError('controller.refused', 'It is your turn: you are the researcher of this lab.', {
        hint: 'Edit train.js, run your version, and the lab goes on; or choose another researcher.',
      })
    },
  }
}
